import type { StagedAccount } from '../tables/staged-pages.ts';

/** What the index knows of an account. */
export type IndexedAccount = {
  /** Its number in the order in which accounts were added, from 0. */
  slot: number;
  hasId: boolean;
  isOpen: boolean;
  /** Whether the account's address has this hash; undefined when the app shows no address. */
  hasEmail: (emailHash: string) => boolean | undefined;
  role: string | null | undefined;
  /** In epoch milliseconds. */
  invitedAt: number | undefined;
};

/** All accounts of an app, found by id and by address. It holds hashes of 64 bits: some 60 bytes for each account. */
export type AccountIndex = {
  readonly size: number;
  /** Returns false when the id is in the index already. */
  add(account: StagedAccount): boolean;
  findById(id: string): IndexedAccount | null;
  findByEmail(emailHash: string): IndexedAccount[];
  /** Marks an account as an employee's. */
  claim(slot: number, login: 'open' | 'shut'): void;
  isClaimed(slot: number): boolean;
  /** Whether the account is one of somebody who should be able to log in. */
  isWanted(slot: number): boolean;
};

// A record in 32-bit words. A slot is stored as slot + 1, because 0 means none.
const WORDS = 8;
const ID = 0;
const EMAIL = 2;
const NEXT_OF_EMAIL = 4;
const FLAGS = 5;
const ROLE = 6;
const INVITED_S = 7;

const OPEN = 1;
const CLAIMED = 2;
const HAS_ID = 4;
const HAS_EMAIL = 8;
const WANTED = 16;

const FIRST_CAPACITY = 1_024;

type Key = readonly [number, number];

export function accountIndex(): AccountIndex {
  let size = 0;
  let records = new Uint32Array(FIRST_CAPACITY * WORDS);
  // Open addressing, at most half full.
  let byId = new Uint32Array(FIRST_CAPACITY * 2);
  let byEmail = new Uint32Array(FIRST_CAPACITY * 2);
  const roles: (string | null | undefined)[] = [undefined, null];

  const word = (slot: number, field: number): number => records[slot * WORDS + field] ?? 0;
  const setWord = (slot: number, field: number, value: number) => {
    records[slot * WORDS + field] = value;
  };
  const hasKey = (slot: number, field: number, [a, b]: Key) =>
    word(slot, field) === a && word(slot, field + 1) === b;

  /** The place of a key in a table, or the free place where it would go. */
  const placeOf = (table: Uint32Array, field: number, key: Key): number => {
    for (let place = key[0] % table.length; ; place = (place + 1) % table.length) {
      const stored = table[place] ?? 0;
      if (stored === 0 || hasKey(stored - 1, field, key)) return place;
    }
  };

  const grow = () => {
    const larger = new Uint32Array(records.length * 2);
    larger.set(records);
    records = larger;
    byId = regrown(byId, ID);
    byEmail = regrown(byEmail, EMAIL);
  };

  const regrown = (table: Uint32Array, field: number) => {
    const larger = new Uint32Array(table.length * 2);
    for (const stored of table) {
      if (stored === 0) continue;
      const key = [word(stored - 1, field), word(stored - 1, field + 1)] as const;
      larger[placeOf(larger, field, key)] = stored;
    }
    return larger;
  };

  const roleNumber = (role: string | null | undefined): number => {
    const known = roles.indexOf(role);
    return known === -1 ? roles.push(role) - 1 : known;
  };

  const read = (slot: number): IndexedAccount => {
    const flags = word(slot, FLAGS);
    const invitedS = word(slot, INVITED_S);
    return {
      slot,
      hasId: (flags & HAS_ID) !== 0,
      isOpen: (flags & OPEN) !== 0,
      hasEmail: (emailHash) =>
        (flags & HAS_EMAIL) === 0 ? undefined : hasKey(slot, EMAIL, keyOfEmail(emailHash)),
      role: roles[word(slot, ROLE)],
      invitedAt: invitedS === 0 ? undefined : invitedS * 1000,
    };
  };

  return {
    get size() {
      return size;
    },
    add: ({ id, emailHash, isOpen, role, invitedAt }) => {
      if ((size + 1) * WORDS > records.length) grow();
      const slot = size;
      size += 1;
      const flags = (isOpen ? OPEN : 0) | (id === null ? 0 : HAS_ID) | (emailHash === null ? 0 : HAS_EMAIL);
      setWord(slot, FLAGS, flags);
      setWord(slot, ROLE, roleNumber(role));
      setWord(slot, INVITED_S, invitedAt === undefined ? 0 : secondsOf(invitedAt));
      if (emailHash !== null) {
        const key = keyOfEmail(emailHash);
        records.set(key, slot * WORDS + EMAIL);
        const place = placeOf(byEmail, EMAIL, key);
        setWord(slot, NEXT_OF_EMAIL, byEmail[place] ?? 0);
        byEmail[place] = slot + 1;
      }
      if (id === null) return true;
      const key = keyOfId(id);
      records.set(key, slot * WORDS + ID);
      const place = placeOf(byId, ID, key);
      const isNew = byId[place] === 0;
      byId[place] = slot + 1;
      return isNew;
    },
    findById: (id) => {
      const stored = byId[placeOf(byId, ID, keyOfId(id))] ?? 0;
      return stored === 0 ? null : read(stored - 1);
    },
    findByEmail: (emailHash) => {
      const found: IndexedAccount[] = [];
      let stored = byEmail[placeOf(byEmail, EMAIL, keyOfEmail(emailHash))] ?? 0;
      for (; stored !== 0; stored = word(stored - 1, NEXT_OF_EMAIL)) found.push(read(stored - 1));
      return found;
    },
    claim: (slot, login) =>
      setWord(slot, FLAGS, word(slot, FLAGS) | CLAIMED | (login === 'open' ? WANTED : 0)),
    isClaimed: (slot) => (word(slot, FLAGS) & CLAIMED) !== 0,
    isWanted: (slot) => (word(slot, FLAGS) & WANTED) !== 0,
  };
}

/** 64 bits of an id, from two runs of FNV-1a with different seeds. Nobody can choose ids that collide. */
function keyOfId(id: string): Key {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
  }
  return [a >>> 0, (b ^ (b >>> 15)) >>> 0];
}

/** The first 64 bits of the hash. */
function keyOfEmail(emailHash: string): Key {
  const bytes = Buffer.from(emailHash, 'base64url');
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
}

// A time that cannot be read counts as long ago, so that somebody looks at the invitation.
function secondsOf(instant: string): number {
  const seconds = Math.floor(Date.parse(instant) / 1000);
  return seconds > 0 ? seconds : 1;
}
