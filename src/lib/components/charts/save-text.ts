// Hands a text to the person as a file, without a request.

export function saveText(fileName: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The download has taken hold of the bytes once the click's task is over.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
