import { mountPage } from '$lib/ui/page';
import './plan.css';
import Plan from './Plan.svelte';

mountPage(Plan, {});
