import { mountPage } from '$lib/ui/page';
import SignIn from './SignIn.svelte';

mountPage(SignIn, {});
