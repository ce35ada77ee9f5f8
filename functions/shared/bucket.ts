import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { InvalidInputError } from './errors.ts';
import type { FileStore } from './files.ts';

/** The files of a bucket. Throws the SDK's errors when S3 cannot be reached. */
export function bucket(Bucket: string, client = new S3Client({})): FileStore {
  return {
    read: async (name) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: name }));
        if (Body instanceof Readable) return Body;
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error;
      }
      throw new InvalidInputError(`There is no file ${name} in the bucket ${Bucket}.`);
    },
    write: async (name, content) => {
      const Body = Readable.from(content, { objectMode: false });
      await new Upload({ client, params: { Bucket, Key: name, Body } }).done();
    },
  };
}
