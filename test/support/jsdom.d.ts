/** As much of jsdom as tests use: its own types bring those of a browser, which hide some of Node's. */
declare module 'jsdom' {
  interface PageElement {
    tagName: string;
    textContent: string | null;
    getAttributeNames(): string[];
    click(): void;
  }

  interface PageDocument {
    getElementById(id: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
    dispatchEvent(event: object): boolean;
  }

  interface PageWindow {
    document: PageDocument;
    URL: object;
    HTMLAnchorElement: { prototype: { click: () => void } };
    KeyboardEvent: new (type: string, init: { key: string }) => object;
    FileReader: new () => {
      addEventListener(type: string, listener: () => void): void;
      result: unknown;
      readAsText(blob: object): void;
    };
    prompt: (question: string) => string;
  }

  class JSDOM {
    constructor(
      page: string,
      options?: { runScripts: 'dangerously'; beforeParse: (window: PageWindow) => void },
    );
    window: PageWindow;
  }
}
