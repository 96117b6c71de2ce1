package dev.luthier.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.llamacpp.LlamaBatch;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The process that does what a {@link LlamaRequest} asks. llama.cpp may end it at any call; what it
 * has written until then stays.
 */
final class LlamaChild {
  static final String TOKENS = "tokens.jsonl";
  static final String ROWS = "rows.f32";
  static final String BASE = "base.f32";
  static final String GREEDY = "greedy.json";
  static final String ERROR = "error.txt";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final LlamaRequest request;
  private final Path folder;

  private LlamaChild(LlamaRequest request, Path folder) {
    this.request = request;
    this.folder = folder;
  }

  /**
   * Reads the request from a folder and writes the answers beside it.
   *
   * @param args the folder
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    LlamaRequest request = LlamaRequest.read(folder);
    LlamaChild child = new LlamaChild(request, folder);
    try {
      if (!request.texts().isEmpty()) {
        child.tokenize();
      }
      if (request.ids().length > 0) {
        child.run();
      }
    } catch (LuthierException e) {
      Files.writeString(folder.resolve(ERROR), String.valueOf(e.getMessage()));
    }
  }

  private void tokenize() throws IOException {
    try (LlamaModel model = LlamaModel.vocabulary(request.gguf());
        Writer out = Files.newBufferedWriter(folder.resolve(TOKENS))) {
      for (String text : request.texts()) {
        out.write(MAPPER.writeValueAsString(model.tokenize(text, false, true)));
        out.write('\n');
        out.flush();
      }
    }
  }

  private void run() throws IOException {
    int room = Math.max(request.ids().length, request.prompt() + request.greedy());
    try (LlamaModel model = LlamaModel.open(request.gguf());
        LlamaContext context =
            model.context(new LlamaSettings(room, room, 1, request.threads(), true))) {
      if (request.adapter().isPresent()) {
        writeRows(context, BASE);
        context.use(model.adapter(request.adapter().get()), 1);
      }
      writeRows(context, ROWS);
      if (request.greedy() > 0) {
        MAPPER.writeValue(folder.resolve(GREEDY).toFile(), greedy(context));
      }
    }
  }

  private void writeRows(LlamaContext context, String name) throws IOException {
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), 1 << 16)) {
      if (request.hidden() && request.decoder().length > 0) {
        for (float[] row : context.encode(request.ids())) {
          write(out, row);
        }
      } else if (request.hidden()) {
        for (float[] row : context.hiddenStates(request.ids())) {
          write(out, row);
        }
      } else if (request.decoder().length > 0) {
        context.encode(request.ids());
        context.logits(request.decoder(), (position, row) -> write(out, row));
      } else {
        context.logits(request.ids(), (position, row) -> write(out, row));
      }
    }
  }

  private static void write(OutputStream out, float[] row) {
    byte[] bytes = new byte[4 * row.length];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(row);
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Integer> greedy(LlamaContext context) {
    List<Integer> all = new ArrayList<>();
    float[][] logits = context.logits(Arrays.copyOf(request.ids(), request.prompt()));
    int next = best(logits[logits.length - 1]);
    LlamaBatch batch = new LlamaBatch(1);
    all.add(next);
    while (all.size() < request.greedy()) {
      batch.clear();
      batch.add(next, request.prompt() + all.size() - 1, 0, true);
      context.decode(batch);
      next = best(context.logits(0));
      all.add(next);
    }
    return all;
  }

  private static int best(float[] row) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      best = row[i] > row[best] ? i : best;
    }
    return best;
  }
}
