import { appChoices, appStates } from './app-chains.ts';
import { type Definition, invoke, type State, WHOLE_INPUT } from './definition.ts';
import { APP_RETRY } from './retry.ts';

export const doctor: Definition = {
  Comment:
    'Finds out whether the apps, their credentials and the settings are as they have to be; changes nothing.',
  StartAt: 'DiagnoseApps',
  States: {
    DiagnoseApps: {
      Comment: "One app's failure stops no other.",
      Type: 'Map',
      ItemsPath: '$.apps',
      ItemSelector: { workflow: 'doctor', 'app.$': '$$.Map.Item.Value' },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'ChooseApp',
        States: {
          ChooseApp: { Type: 'Choice', Choices: appChoices('diagnose') },

          ...appStates('diagnose', diagnose, { End: true }),

          RecordFailure: {
            Comment: 'The error stays in $.error.',
            Type: 'Pass',
            End: true,
          },
        },
      },
      End: true,
    },
  },
};

function diagnose(step: string): State {
  return {
    Comment: 'Whatever is wrong with the app is what it returns.',
    ...invoke(step, WHOLE_INPUT),
    OutputPath: '$.Payload',
    TimeoutSeconds: 120,
    Retry: APP_RETRY,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'RecordFailure' }],
  };
}
