// Hands a text, or bytes, to the person as a file, without a request.

export const saveText = (fileName: string, type: string, text: string): void =>
  save(fileName, new Blob([text], { type: `${type};charset=utf-8` }));

export const saveBytes = (fileName: string, type: string, bytes: Uint8Array<ArrayBuffer>): void =>
  save(fileName, new Blob([bytes], { type }));

function save(fileName: string, what: Blob): void {
  const address = URL.createObjectURL(what);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The download has taken hold of the bytes once the click's task is over.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
