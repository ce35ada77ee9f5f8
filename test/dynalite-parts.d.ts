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

declare module 'dynalite/db/conditionParser.js' {
  export type Context = {
    attrNames?: Record<string, string>;
    attrVals?: Record<string, object>;
    unusedAttrNames: object;
    unusedAttrVals: object;
    isKeyCondition?: boolean;
  };
  export type Parser = { parse: (text: string, options: { context: Context }) => unknown };
  const parser: Parser;
  export default parser;
}

declare module 'dynalite/db/updateParser.js' {
  import type { Parser } from 'dynalite/db/conditionParser.js';

  const parser: Parser;
  export default parser;
}
