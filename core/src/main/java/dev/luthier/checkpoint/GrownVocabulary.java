package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.model.Families;
import dev.luthier.model.Family;
import dev.luthier.nn.Init;
import dev.luthier.nn.SourceOver;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A model's tensors with rows for new tokens. Each new row of the embedding and of the head is the
 * mean of those that the files have, so that the new tokens begin no likelier than others (Hewitt,
 * "Initializing New Word Embeddings for Pretrained Language Models", 2021).
 *
 * @param source the files
 * @param tables the names of embedding and head
 * @param before how many rows they have
 * @param after how many they get
 * @param fresh which of those that are there begin anew, as do all that are added
 */
record GrownVocabulary(
    TensorSource source, List<String> tables, int before, int after, List<Integer> fresh)
    implements SourceOver {
  /** The key of config.json that says how many rows there are. */
  private static final String SIZE = "vocab_size";

  /**
   * The tensors of a model of a larger vocabulary.
   *
   * @param config of the files
   * @param grown config of the model
   * @param where the configuration is, for messages
   * @param fresh ids whose rows are new, whether or not the files have some in their place
   */
  static TensorSource over(
      TensorSource source, ObjectNode config, ObjectNode grown, String where, List<Integer> fresh) {
    if (grown == config && fresh.isEmpty()) {
      return source;
    }
    int before = size(config, where);
    int after = size(grown, where);
    Family.Names names = Families.of(config, where).names();
    List<String> tables = List.of(names.embedding(), names.head());
    return new GrownVocabulary(source, tables, before, Math.max(before, after), fresh);
  }

  /** The configuration of a model that has a row for each of these tokens. */
  static ObjectNode grown(ObjectNode config, String where, Collection<Integer> tokens) {
    int most = tokens.stream().mapToInt(Integer::intValue).max().orElse(-1);
    return tokens.isEmpty() || most < size(config, where) ? config : sized(config, most + 1);
  }

  /** The same with an adapter, which may bring whole tables. */
  static ObjectNode grown(
      ObjectNode config, String where, Collection<Integer> tokens, FileSource adapter) {
    return asSaved(grown(config, where, tokens), where, adapter);
  }

  /**
   * The configuration of a model whose embedding or head an adapter brings, whole: PEFT saves them
   * where they were resized for new tokens.
   */
  private static ObjectNode asSaved(ObjectNode config, String where, FileSource adapter) {
    Family.Names names = Families.of(config, where).names();
    return Stream.of(names.embedding(), names.head())
        .filter(adapter::has)
        .map(name -> adapter.shape(name).orElseThrow())
        .findFirst()
        .filter(shape -> shape[0] != size(config, where))
        .map(shape -> sized(config, shape[0]))
        .orElse(config);
  }

  private static ObjectNode sized(ObjectNode config, long rows) {
    ObjectNode out = config.deepCopy();
    out.put(SIZE, rows);
    return out;
  }

  private static int size(ObjectNode config, String where) {
    if (!config.path(SIZE).canConvertToInt()) {
      throw new LuthierException(where + " has no " + SIZE);
    }
    return config.path(SIZE).intValue();
  }

  private boolean grows(String name, long... asked) {
    if (after == before || asked.length == 0 || asked[0] != after) {
      return false;
    }
    long[] smaller = asked.clone();
    smaller[0] = before;
    return source.shape(name, smaller).filter(there -> Arrays.equals(there, smaller)).isPresent();
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    return grows(name, asked) ? Optional.of(asked) : source.shape(name, asked);
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    boolean grows = grows(name, Tensors.shape(target));
    source.read(name, init, grows ? target.narrow(0, 0, before) : target);
    if (grows || tables.contains(name)) {
      // A bias that a reserved token has is not trained, so it stays.
      average(target, tables.contains(name) ? fresh : List.of());
    }
  }

  private void average(Tensor target, List<Integer> anew) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor mean =
          target
              .narrow(0, 0, before)
              .mean(new long[] {0}, false, new ScalarTypeOptional(ScalarType.Float));
      for (int id = before; id < after; id++) {
        target.select(0, id).copy_(mean);
      }
      anew.stream().filter(id -> id < before).forEach(id -> target.select(0, id).copy_(mean));
    }
  }
}
