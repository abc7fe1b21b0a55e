/** What a piece of XML holds, in its order; names come without their prefix. */
export interface XmlEvents {
  open: (name: string, attributes: Record<string, string>) => void;
  text: (text: string) => void;
  close: (name: string) => void;
}

export interface XmlReader {
  write(piece: string): void;
  end(): void;
}

/** Makes a reader that is given XML piece by piece and resolves character references, but no entities of its own. */
export async function xmlReader(events: XmlEvents): Promise<XmlReader> {
  // Hardly any run needs it, and loading it would slow down the start of every one.
  const { Parser } = await import('htmlparser2');
  return new Parser(
    {
      onopentag: (name, attributes) => events.open(localName(name), attributes),
      ontext: (text) => events.text(text),
      onclosetag: (name) => events.close(localName(name)),
    },
    { xmlMode: true, decodeEntities: true },
  );
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
