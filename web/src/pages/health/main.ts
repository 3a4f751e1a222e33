import { mountPage } from '$lib/ui/page';
import './health.css';
import Health from './Health.svelte';

mountPage(Health, {});
