import { join } from 'node:path';
import { App, Tags } from 'aws-cdk-lib';
import { allAppsInWords } from '../functions/shared/apps.ts';
import { bundleLambdas } from './bundle-lambdas.ts';
import { bundlePage } from './bundle-page.ts';
import { PAGE_LAMBDA } from './page.ts';
import { bundlePolicy } from './policy.ts';
import { readSettings } from './settings.ts';
import { LAMBDA_NAMES, TenureStack } from './tenure-stack.ts';

const app = new App();
const settings = readSettings(app.node);
// Within the output folder, so that two syntheses with folders of their own do not meet.
const bundles = join(app.outdir, 'bundles');
bundleLambdas(LAMBDA_NAMES, bundles);
bundlePolicy(settings, LAMBDA_NAMES, bundles);
await bundlePage(join(bundles, PAGE_LAMBDA));
const stack = new TenureStack(app, `tenure-${settings.stage}`, {
  description: `Joiners and leavers in ${allAppsInWords()}`,
  settings,
  bundles,
  ...(settings.region === undefined ? {} : { env: { region: settings.region } }),
});
Tags.of(stack).add('tenure:stage', settings.stage);

// What `cdk synth` prints, instead of the template of many thousand lines; see `quiet` in cdk.json.
const { stacks, directory } = app.synth();
for (const { stackName, template, templateFile } of stacks)
  process.stderr.write(
    `${stackName}: ${Object.keys(template.Resources).length} resources in ${join(directory, templateFile)}\n`,
  );
