package dev.luthier.server;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** The page to talk with the model on. All it needs comes from here. */
final class Page {
  private static final Map<String, String> TYPES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "page.css", "text/css; charset=utf-8",
          "page.js", "text/javascript; charset=utf-8",
          "api.js", "text/javascript; charset=utf-8",
          "store.js", "text/javascript; charset=utf-8",
          "view.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  private Page() {}

  /** {@code GET /}. */
  static void index(Context ctx) {
    serve(ctx, "index.html");
  }

  /** {@code GET /page/NAME}. */
  static void file(Context ctx) {
    serve(ctx, ctx.pathParam("name"));
  }

  private static void serve(Context ctx, String name) {
    String type = TYPES.get(name);
    if (type == null) {
      throw ApiException.refused(404, "", "not_found", "there is no such file");
    }
    try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      ctx.header(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src"
              + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
      ctx.header("X-Frame-Options", "DENY");
      ctx.header("Cross-Origin-Opener-Policy", "same-origin");
      ctx.header("Cache-Control", "no-cache");
      ctx.contentType(type).result(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
