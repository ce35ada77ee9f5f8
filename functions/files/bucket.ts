import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { InvalidInputError } from '../shared/errors.ts';
import { changedFile, type FileStore } from './file-store.ts';

/** The files of a bucket. Throws the SDK's errors when S3 cannot be reached. */
export function bucket(Bucket: string, client = new S3Client({})): FileStore {
  const missing = (name: string) =>
    new InvalidInputError(`The bucket ${Bucket} has no file ${name}, or tenure may not read it.`);
  return {
    read: async (name, part) => {
      const some = part === undefined ? {} : { Range: `bytes=${part.from}-`, IfMatch: part.version };
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: name, ...some }));
        if (Body instanceof Readable) return Body;
      } catch (error) {
        const status = statusOf(error);
        if (status === 412) throw changedFile(name);
        // S3 answers so for a range that begins at the end of the file: nothing is left to read.
        if (status === 416) return Readable.from([]);
        if (!isMissing(status)) throw error;
      }
      throw missing(name);
    },
    version: async (name) => {
      try {
        const { ETag } = await client.send(new HeadObjectCommand({ Bucket, Key: name }));
        if (ETag !== undefined) return ETag;
      } catch (error) {
        if (!isMissing(statusOf(error))) throw error;
      }
      throw missing(name);
    },
    list: async function* (folder) {
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client },
        { Bucket, Prefix: `${folder}/` },
      ))
        for (const { Key } of Contents) if (Key !== undefined) yield Key;
    },
    remove: async (name) => void (await client.send(new DeleteObjectCommand({ Bucket, Key: name }))),
    write: async (name, content) => {
      const Body = Readable.from(content, { objectMode: false });
      await new Upload({ client, params: { Bucket, Key: name, Body } }).done();
    },
  };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

// Without the right to list the bucket, S3 answers 403 for a file that does not exist:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
function isMissing(status: number | undefined): boolean {
  return status === 404 || status === 403;
}
