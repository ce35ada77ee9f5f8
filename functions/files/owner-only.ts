/** The modes of what is written on this machine: it names people, and other users of the machine are not to read it. */
export const OWNER_ONLY = { folder: 0o700, file: 0o600 };
