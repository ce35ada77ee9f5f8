/** The folders of files that tenure writes or reads. A laptop's folder may hold other files, which are left alone. */
export const FILE_FOLDERS = [
  'compliance',
  'contact-sync',
  'contacts',
  'hand-over',
  'hr',
  'people',
  'people-import',
  'reconciliation',
] as const;
