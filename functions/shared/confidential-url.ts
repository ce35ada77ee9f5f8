/** Whether what is sent to this URL cannot be read on the way: https, or http on loopback. */
export function isConfidentialUrl(value: string): boolean {
  const url = URL.parse(value);
  const isLoopback = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
}
