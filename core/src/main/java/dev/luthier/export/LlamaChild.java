package dev.luthier.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.llamacpp.LlamaBatch;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
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
  static final String LOGITS = "logits.f32";
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
      child.tokenize();
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
    int length = request.ids().length;
    int room = Math.max(length, request.prompt() + request.greedy());
    try (LlamaModel model = LlamaModel.open(request.gguf());
        LlamaContext context =
            model.context(new LlamaSettings(room, room, 1, request.threads(), true))) {
      request.adapter().ifPresent(file -> context.use(model.adapter(file), 1));
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(Files.newOutputStream(folder.resolve(LOGITS)), 1 << 16))) {
        if (model.hasEncoder()) {
          context.encode(request.ids());
        }
        context.logits(decoded(model), (position, row) -> write(out, row));
      }
      if (request.greedy() > 0 && !model.hasEncoder()) {
        MAPPER.writeValue(folder.resolve(GREEDY).toFile(), greedy(context));
      }
    }
  }

  /** A decoder beside an encoder reads the same text after its own first id. */
  private int[] decoded(LlamaModel model) {
    int[] ids = request.ids();
    if (!model.hasEncoder()) {
      return ids;
    }
    int[] shifted = new int[ids.length];
    shifted[0] = Math.max(0, model.decoderStart());
    System.arraycopy(ids, 0, shifted, 1, ids.length - 1);
    return shifted;
  }

  private static void write(OutputStream out, float[] row) {
    byte[] bytes = new byte[4 * row.length];
    java.nio.ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(row);
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
    while (true) {
      all.add(next);
      if (all.size() == request.greedy()) {
        return all;
      }
      batch.clear();
      batch.add(next, request.prompt() + all.size() - 1, 0, true);
      context.decode(batch);
      next = best(context.logits(0));
    }
  }

  private static int best(float[] row) {
    int best = 0;
    for (int i = 1; i < row.length; i++) {
      best = row[i] > row[best] ? i : best;
    }
    return best;
  }
}
