// The parts of dynalite that its own server puts together: https://github.com/architect/dynalite/blob/main/index.js
declare module 'dynalite/db/index.js' {
  export type Store = { options: object };
  const db: { create: (options: object) => Store };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  export type Validation = { types: object; custom: object };
  const validations: {
    checkTypes: (input: object, types: object) => object;
    checkValidations: (input: object, types: object, custom: object, store: Store) => void;
  };
  export default validations;
}
