/** Swagger UI's module for bundlers, which has no types: the options that are used here. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface SwaggerUiOptions {
    /** Address of the OpenAPI document. */
    readonly url: string;
    readonly domNode: HTMLElement | null;
    readonly persistAuthorization?: boolean;
    /** How deep schemas are open at first; -1 hides them. */
    readonly defaultModelsExpandDepth?: number;
  }
  export default function showDocument(options: SwaggerUiOptions): void;
}
