package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.data.Batch;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.ImportanceMatrix;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Linear;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;

/**
 * Runs a model over a text and sums the squares of what each matrix of its blocks is multiplied
 * with, as llama.cpp's imatrix tool does: in chunks that do not overlap and know nothing of each
 * other, whose first token gives way to BOS where the tokenizer puts it before texts; what is left
 * of the text after the last whole chunk is not read. The output's matrix is left out, as there.
 */
public final class ImportanceCollector {
  /** Tokens of a chunk where nothing is said, as in llama.cpp. */
  public static final int CHUNK = 512;

  private final Transformer model;
  private final Map<String, InputSquares> squares = new TreeMap<>();

  /**
   * What was collected.
   *
   * @param matrix by GGUF's names
   * @param tokens how many the model was given
   * @param perplexity of the chunks: exp of the mean negative log-likelihood of their tokens but
   *     each one's first. A high one says that text and model do not fit.
   * @param unseen matrices of experts that no token was given to
   */
  public record Collected(ImportanceMatrix matrix, long tokens, double perplexity, int unseen) {}

  /** Hears how many chunks are done. */
  public interface Progress {
    /** Another chunk is done. */
    void at(int done, int total);
  }

  /**
   * How much is read.
   *
   * @param chunkTokens of a chunk; {@link #CHUNK} where empty, or the model's context if that is
   *     shorter
   * @param mostChunks where to stop; all of the text where empty
   */
  public record Extent(OptionalInt chunkTokens, OptionalInt mostChunks) {
    /** Checks what is given. */
    public Extent {
      if (chunkTokens.orElse(2) < 2) {
        throw new UsageException("--chunk is " + chunkTokens.getAsInt() + "; use 2 or more tokens");
      }
      if (mostChunks.orElse(1) < 1) {
        throw new UsageException("--chunks is " + mostChunks.getAsInt() + "; use 1 or more");
      }
    }
  }

  private ImportanceCollector(Transformer model) {
    this.model = model;
  }

  /**
   * Collects the matrix of a model, with its adapter if it has one.
   *
   * @param dataset what the text is called in the file
   * @throws LuthierException if llama.cpp has no such model, or the text is shorter than a chunk
   */
  public static Collected collect(
      LoadedModel loaded,
      Tokenizer tokenizer,
      String text,
      String dataset,
      Extent extent,
      Progress progress) {
    Transformer model = loaded.transformer();
    if (model.kind() != Transformer.Kind.DECODER || !model.task().isLanguage()) {
      throw new LuthierException(
          "an importance matrix is made of a decoder that writes text; others are exported without"
              + " one");
    }
    OptionalInt bos = tokenizer.addBosToken() ? tokenizer.bosId() : OptionalInt.empty();
    int[] ids = ids(tokenizer, text, bos);
    int length = extent.chunkTokens.orElse(Math.min(CHUNK, model.shape().maxPositions()));
    if (length > model.shape().maxPositions()) {
      throw new UsageException(
          "--chunk is " + length + "; the model's context has " + model.shape().maxPositions());
    }
    int whole = ids.length / length;
    int chunks = Math.min(whole, extent.mostChunks.orElse(whole));
    if (chunks == 0) {
      throw new LuthierException(
          "the text has "
              + ids.length
              + " tokens, fewer than a chunk of "
              + length
              + "; give a longer one, or a smaller --chunk");
    }
    ImportanceCollector collector = new ImportanceCollector(model);
    try {
      collector.observe(loaded.config());
      double sum = 0;
      for (int i = 0; i < chunks; i++) {
        int[] chunk = Arrays.copyOfRange(ids, i * length, (i + 1) * length);
        bos.ifPresent(id -> chunk[0] = id);
        sum += collector.read(chunk);
        progress.at(i + 1, chunks);
      }
      long scored = (long) chunks * (length - 1);
      return collector.result(dataset, chunks, length, Math.exp(sum / scored));
    } finally {
      collector.close();
    }
  }

  private static int[] ids(Tokenizer tokenizer, String text, OptionalInt bos) {
    int[] ids = tokenizer.encodeIds(text, false);
    if (bos.isEmpty()) {
      return ids;
    }
    int[] out = new int[ids.length + 1];
    out[0] = bos.getAsInt();
    System.arraycopy(ids, 0, out, 1, ids.length);
    return out;
  }

  /** Experts' matrices are stacked in one tensor of GGUF, and so are their sums. */
  private void observe(ObjectNode config) {
    Set<String> names =
        model.linears().keySet().stream().map(path -> path + ".weight").collect(Collectors.toSet());
    GgufFamily family = GgufFamily.of(config.path("model_type").asText(), names, "config.json");
    Map<Linear, GgufFamily.Place> places = new LinkedHashMap<>();
    model
        .linears()
        .forEach(
            (path, linear) -> {
              Optional<GgufFamily.Place> place = family.place(path + ".weight");
              place.filter(p -> p.name().startsWith("blk.")).ifPresent(p -> places.put(linear, p));
            });
    Map<String, Integer> matrices = new TreeMap<>();
    places.values().forEach(p -> matrices.merge(p.name(), stacked(p) + 1, Math::max));
    places.forEach(
        (linear, place) -> {
          InputSquares of =
              squares.computeIfAbsent(
                  place.name(),
                  name -> new InputSquares(matrices.getOrDefault(name, 0), linear.in()));
          linear.observe(x -> of.add(stacked(place), x));
        });
  }

  private static int stacked(GgufFamily.Place place) {
    return Math.max(0, place.expert());
  }

  /** The negative log-likelihood of a chunk's tokens but the first, in nats. */
  private double read(int[] chunk) {
    long[] tokens = Arrays.stream(chunk).asLongStream().toArray();
    Batch batch = Batch.of(new long[][] {tokens}, new long[][] {tokens.clone()});
    try (PointerScope scope = new PointerScope()) {
      return -new BlockwiseStep(model, WeightSource.of(model)).logProbs(batch).sum().item_double();
    }
  }

  private Collected result(String dataset, int chunks, int length, double perplexity) {
    TreeMap<String, ImportanceMatrix.Entry> entries = new TreeMap<>();
    squares.forEach((name, of) -> entries.put(name, of.entry(name)));
    int unseen = entries.values().stream().mapToInt(ImportanceMatrix.Entry::unseen).sum();
    return new Collected(
        new ImportanceMatrix(entries, List.of(dataset), chunks, length),
        (long) chunks * length,
        perplexity,
        unseen);
  }

  private void close() {
    model.linears().values().forEach(Linear::unobserve);
    squares.values().forEach(InputSquares::close);
  }
}
