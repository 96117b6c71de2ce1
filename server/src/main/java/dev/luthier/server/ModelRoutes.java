package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineAdapter;
import io.javalin.http.Context;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The model and its adapters: listed, and adapters loaded and unloaded while others are answered.
 */
final class ModelRoutes {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}");

  private static final int MOST_LINES = 8;

  private final Serving serving;
  private final AdapterFolders folders;

  ModelRoutes(Serving serving) {
    this.serving = serving;
    this.folders = new AdapterFolders(serving.settings().adapterFolders());
  }

  /** {@code GET /v1/models}. */
  void list(Context ctx) {
    Engine engine = serving.engine();
    ObjectNode body = Json.object().put("object", "list");
    ArrayNode data = body.putArray("data");
    data.add(base(engine));
    engine.adapters().forEach(adapter -> data.add(adapter(adapter, engine)));
    Body.write(ctx, 200, body);
  }

  /** {@code GET /v1/models/NAME}. */
  void one(Context ctx) {
    String name = ctx.pathParam("name");
    Engine engine = serving.engine();
    Optional<ObjectNode> found =
        name.equals(serving.settings().modelName())
            ? Optional.of(base(engine))
            : engine.adapters().stream()
                .filter(adapter -> adapter.name().equals(name))
                .findFirst()
                .map(adapter -> adapter(adapter, engine));
    Body.write(
        ctx,
        200,
        found.orElseThrow(
            () -> ApiException.refused(404, "model", "model_not_found", "there is no such model")));
  }

  private ObjectNode base(Engine engine) {
    String name = serving.settings().modelName();
    return model(name, serving.started(), name, engine).putNull("parent");
  }

  private ObjectNode adapter(EngineAdapter adapter, Engine engine) {
    return model(adapter.name(), adapter.loaded(), adapter.folder().toString(), engine)
        .put("parent", serving.settings().modelName());
  }

  private static ObjectNode model(String name, Instant created, String root, Engine engine) {
    return Json.object()
        .put("id", name)
        .put("object", "model")
        .put("created", created.getEpochSecond())
        .put("owned_by", "luthier")
        .put("root", root)
        .put("max_model_len", engine.contextLength());
  }

  /** {@code POST /v1/load_lora_adapter}. */
  void load(Context ctx) {
    Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
    Engine engine = serving.engine();
    String name = name(request);
    String path =
        request.required("lora_path", "a folder").isTextual()
            ? request.text("lora_path").orElse("")
            : "";
    request.check(
        !path.isEmpty(), "lora_path", request.required("lora_path", "a folder"), "a folder");
    if (taken(engine, name)) {
      throw ApiException.invalid(
          "lora_name", "The lora adapter '" + name + "' has already been loaded.");
    }
    Path folder = folders.find(path);
    try {
      engine.loadAdapter(name, folder);
    } catch (LuthierException e) {
      throw ApiException.invalid(
          "lora_path",
          "Loading lora " + name + " failed: " + brief(String.valueOf(e.getMessage())));
    }
    ctx.contentType("text/plain; charset=utf-8")
        .result("Success: LoRA adapter '" + name + "' added successfully.");
  }

  /** An adapter of another model lacks every tensor; its first ones say enough. */
  private static String brief(String message) {
    List<String> lines = message.lines().toList();
    int left = lines.size() - MOST_LINES - 1;
    return left < 2
        ? message
        : String.join("\n", lines.subList(0, MOST_LINES))
            + "\n  and "
            + left
            + " more\n"
            + lines.get(lines.size() - 1);
  }

  /** {@code POST /v1/unload_lora_adapter}. */
  void unload(Context ctx) {
    Fields request = Body.read(ctx, serving.settings().limits().bodyBytes());
    Engine engine = serving.engine();
    String name = name(request);
    boolean there = engine.adapters().stream().anyMatch(a -> a.name().equals(name));
    try {
      if (there) {
        engine.unloadAdapter(name);
      }
    } catch (LuthierException e) {
      there = false; // another request was faster
    }
    if (!there) {
      throw ApiException.refused(
          404,
          "lora_name",
          "adapter_not_found",
          "The lora adapter '" + name + "' cannot be found.");
    }
    ctx.contentType("text/plain; charset=utf-8")
        .result("Success: LoRA adapter '" + name + "' removed successfully.");
  }

  private boolean taken(Engine engine, String name) {
    return name.equals(serving.settings().modelName())
        || engine.adapters().stream().anyMatch(a -> a.name().equals(name));
  }

  private static String name(Fields request) {
    request.required("lora_name", "a name");
    String name = request.text("lora_name").orElse("");
    if (!NAME.matcher(name).matches()) {
      throw ApiException.invalid(
          "lora_name",
          "lora_name: expected a name of at most 100 letters, digits and . _ : / @ - that begins"
              + " with a letter or digit");
    }
    return name;
  }
}
