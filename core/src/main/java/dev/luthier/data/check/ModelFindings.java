package dev.luthier.data.check;

import dev.luthier.LuthierException;
import dev.luthier.format.ModelWeights;
import dev.luthier.format.Reason;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.WeightFile;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What can be wrong between a template and a model before any row is read: markers that are no
 * tokens, and special tokens that the model never learnt.
 *
 * <p>A token counts as untrained where its row of the embedding is all zeros, or is, bit for bit,
 * the row of another special token: training moves any two rows apart.
 */
public final class ModelFindings {
  private static final List<String> EMBEDDINGS =
      List.of(
          "embed_tokens.weight",
          "wte.weight",
          "word_embeddings.weight",
          "embed_in.weight",
          "shared.weight");

  private ModelFindings() {}

  /**
   * @param model the model's folder; one that holds a tokenizer and no weights will do
   * @param own whether the template is the model's own, whose markers it has seen as they are
   */
  public static List<Finding> of(
      Path model, Tokenizer tokenizer, Optional<ChatEncoder> chat, boolean own) {
    if (chat.isEmpty()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    List<String> split = chat.get().splitMarkers();
    if (!split.isEmpty()) {
      findings.add(splitMarkers(split, own));
    }
    List<String> untrained = untrained(model, tokenizer, chat.get().markers());
    if (!untrained.isEmpty()) {
      findings.add(
          Finding.ofAll(
              Fault.UNTRAINED_TOKENS,
              "",
              words(Fault.UNTRAINED_TOKENS, untrained),
              "train the embedding too (lora.modulesToSave), or use a template of plain words"
                  + " (--set data.template=instruction)"));
    }
    return findings;
  }

  private static Finding splitMarkers(List<String> markers, boolean own) {
    String words = words(Fault.SPLIT_MARKERS, markers);
    return own
        ? new Finding(
            Fault.SPLIT_MARKERS,
            "",
            Severity.NOTE,
            0,
            words + "; the template is the model's own, and may be meant so",
            List.of(),
            "",
            "")
        : Finding.ofAll(
            Fault.SPLIT_MARKERS,
            "",
            words,
            "use a template made for this model (--set data.template=NAME): these are learnt as"
                + " several ordinary tokens each");
  }

  private static String words(Fault fault, List<String> tokens) {
    return fault.title(0) + ": " + String.join(" ", tokens);
  }

  private static List<String> untrained(Path model, Tokenizer tokenizer, List<String> markers) {
    Optional<Embedding> embedding = embedding(model);
    if (embedding.isEmpty()) {
      return List.of();
    }
    Map<ByteBuffer, Integer> special = new HashMap<>();
    for (int id : tokenizer.specialIds()) {
      if (id < embedding.get().rows()) {
        special.merge(embedding.get().row(id), 1, Integer::sum);
      }
    }
    List<String> untrained = new ArrayList<>();
    for (String marker : markers) {
      OptionalInt id = tokenizer.idOf(marker);
      if (id.isPresent() && id.getAsInt() < embedding.get().rows()) {
        ByteBuffer row = embedding.get().row(id.getAsInt());
        if (isZero(row) || special.getOrDefault(row, 0) > 1) {
          untrained.add(marker);
        }
      }
    }
    return untrained;
  }

  private static boolean isZero(ByteBuffer row) {
    for (int i = 0; i < row.limit(); i++) {
      if (row.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Embedding> embedding(Path model) {
    if (!ModelWeights.areThere(model)) {
      return Optional.empty();
    }
    for (WeightFile file : ModelWeights.open(model)) {
      for (TensorInfo tensor : file.tensors().values()) {
        if (tensor.shape().size() == 2
            && tensor.view().isEmpty()
            && EMBEDDINGS.stream().anyMatch(tensor.name()::endsWith)) {
          return Optional.of(new Embedding(file.path(), tensor));
        }
      }
    }
    return Optional.empty();
  }

  /** An embedding's rows as they stand in the file. */
  private record Embedding(Path file, TensorInfo tensor) {
    long rows() {
      return tensor.shape().get(0);
    }

    ByteBuffer row(int id) {
      int bytes = Math.toIntExact(tensor.length() / rows());
      ByteBuffer row = ByteBuffer.allocate(bytes);
      try (FileChannel channel = FileChannel.open(file)) {
        while (row.hasRemaining()
            && channel.read(row, tensor.offset() + (long) id * bytes + row.position()) >= 0) {}
      } catch (IOException e) {
        throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
      }
      return row.flip();
    }
  }
}
