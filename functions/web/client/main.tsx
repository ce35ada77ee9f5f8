import { render } from 'hono/jsx/dom';
import { CONFIG_NAME } from '../page-config.ts';
import type { ShellConfig } from './base/session.ts';
import { Page } from './page.tsx';

const root = document.getElementById('page');
const config = document.querySelector<HTMLMetaElement>(`meta[name="${CONFIG_NAME}"]`)?.content;
// The shell of the same deployment wrote it.
if (root !== null && config !== undefined) render(<Page config={JSON.parse(config) as ShellConfig} />, root);
