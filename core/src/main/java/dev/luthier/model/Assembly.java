package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.AttentionPlan;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Init;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import dev.luthier.nn.Norm;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.nn.RmsNorm;
import dev.luthier.nn.Rotary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a family puts a model together with: the configuration, where parameters come from, and what
 * the head is for.
 *
 * @param json the whole of config.json
 * @param where the file, for messages
 * @param linears where linear layers come from
 * @param task what the head is for
 */
public record Assembly(ObjectNode json, String where, Linears linears, Task task) {
  /** Reads the configuration. */
  ConfigReader config() {
    return new ConfigReader(json, where);
  }

  Parameters base() {
    return linears.base();
  }

  /** Rows of a table by id. */
  Embedding embedding(String name, int rows, int width) {
    if (name.equals(Families.of(json, where).names().embedding())) {
      return linears.tokens(name, rows, width);
    }
    Tensor weight = base().get(name, Init.NORMAL, rows, width);
    return new Embedding(weight, rows, width, base().compute());
  }

  /**
   * Positions that a table tells.
   *
   * @param positions how many there are
   * @param offset the row of position 0
   */
  LearnedPositions positions(String name, int positions, int width, int offset) {
    return new LearnedPositions(
        embedding(name, positions + offset, width), offset, base().device());
  }

  /** Segments that a table tells. */
  Segments segments(String name, int count, int width) {
    return new Segments(embedding(name, count, width), base().device());
  }

  /** These parameters may be stored although this model has no use for them. */
  void tolerate(String... names) {
    for (String name : names) {
      base().tolerate(name);
    }
  }

  /** A root mean square norm. */
  RmsNorm rmsNorm(String path, int width, double eps) {
    return new RmsNorm(base().get(path + ".weight", Init.ONES, width), eps);
  }

  /** A layer norm. */
  LayerNorm layerNorm(String path, int width, double eps) {
    return LayerNorm.of(base(), path, width, eps);
  }

  /**
   * A decoder's head for the task at hand: of a language model at this path, else {@code score}.
   *
   * @param tied whether a language model's head is the embedding
   */
  Linear head(String path, Embedding embedding, boolean tied) {
    return head(path, "score", embedding, tied);
  }

  /**
   * The same in a family that has another name for the head that labels tokens.
   *
   * @param tokens its path
   */
  Linear head(String path, String tokens, Embedding embedding, boolean tied) {
    return head(path, tokens, embedding, tied, Optional.empty());
  }

  /** The same, of which a language model's has a bias. */
  Linear biasedHead(String path, Embedding embedding, boolean tied) {
    return head(path, "score", embedding, tied, Optional.of(path + ".bias"));
  }

  private Linear head(
      String path, String tokens, Embedding embedding, boolean tied, Optional<String> bias) {
    int vocabulary = embedding.rows();
    int hidden = embedding.width();
    return switch (task.kind()) {
      case LANGUAGE -> linears.head(path, embedding.weight(), hidden, vocabulary, tied, bias);
      case SEQUENCE -> linears.scores("score", hidden, task.labels(), false);
      case TOKENS -> linears.scores(tokens, hidden, task.labels(), true);
    };
  }

  /** A decoder that ends in a norm. */
  Transformer decoder(
      Transformer.Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Norm norm,
      Linear head,
      Stack.Views views) {
    return decoder(shape, embedder, blocks, (x, pass) -> norm.forward(x), head, 0, views);
  }

  /**
   * A decoder.
   *
   * @param cap of a language model's logits; 0 for none
   */
  Transformer decoder(
      Transformer.Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Stack.Finish finish,
      Linear head,
      double cap,
      Stack.Views views) {
    return stack(Transformer.Kind.DECODER, shape, embedder, blocks, finish, head, cap, -1, views);
  }

  /** An encoder, whose tokens all see one another. */
  Transformer encoder(
      Transformer.Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Stack.Finish finish,
      Linear head) {
    Stack.Views views =
        places -> {
          long[] documents = places.documents();
          AttentionPlan plan =
              AttentionPlan.full(
                  documents, documents, places.rows(), base().compute(), base().device());
          return List.of(new Pass.View(plan, null, null));
        };
    return stack(Transformer.Kind.ENCODER, shape, embedder, blocks, finish, head, 0, -1, views);
  }

  /**
   * An encoder and a decoder, whose blocks follow one another.
   *
   * @param start the id that the decoder begins with
   */
  Transformer encoderDecoder(
      Transformer.Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Stack.Finish finish,
      Linear head,
      int start,
      Stack.Views views) {
    return stack(
        Transformer.Kind.ENCODER_DECODER, shape, embedder, blocks, finish, head, 0, start, views);
  }

  private Transformer stack(
      Transformer.Kind kind,
      Transformer.Shape shape,
      Embedder embedder,
      List<? extends Block> blocks,
      Stack.Finish finish,
      Linear head,
      double cap,
      int start,
      Stack.Views views) {
    double logitCap = task.isLanguage() ? cap : 0;
    return new Stack(
        new Stack.Parts(kind, task, shape, embedder, blocks, finish, head, logitCap, start, views),
        linears);
  }

  /**
   * Refuses heads other than a language model's.
   *
   * @param family for the message
   */
  void requireLanguage(String family) {
    if (!task.isLanguage()) {
      throw new LuthierException(
          where + ": classification is not supported with " + family + "; use it to write text");
    }
  }

  /**
   * Causal attention with rotary positions.
   *
   * @param windows for each kind of block, how many tokens a query sees; 0 for all before it
   */
  Stack.Views causal(Rotary rotary, int... windows) {
    return turned(
        rotary,
        places -> {
          Rotary.Tables tables = tables(rotary, places);
          return views(places, tables, windows);
        });
  }

  /** Views whose frequencies change where this rotary embedding's do. */
  Stack.Views turned(Rotary rotary, Stack.Views views) {
    return new Stack.Views() {
      @Override
      public List<Pass.View> of(Places places) {
        return views.of(places);
      }

      @Override
      public long regime(long length) {
        return rotary.regime(length);
      }
    };
  }

  /**
   * The same views in a model whose experts are to be equally busy.
   *
   * @param coefficient of that in the loss; 0 for nothing
   */
  Stack.Views balanced(double coefficient, Stack.Views views) {
    return new Stack.Views() {
      @Override
      public List<Pass.View> of(Places places) {
        return views.of(places);
      }

      @Override
      public long regime(long length) {
        return views.regime(length);
      }

      @Override
      public double balance() {
        return coefficient;
      }
    };
  }

  /** Causal attention whose positions the embedding tells. */
  Stack.Views causal(int... windows) {
    return places -> views(places, null, windows);
  }

  /** A view for each window; what equal ones look at is computed once. */
  private List<Pass.View> views(Places places, Rotary.@Nullable Tables tables, int... windows) {
    Map<Integer, AttentionPlan> plans = new HashMap<>();
    List<Pass.View> out = new ArrayList<>();
    for (int window : windows) {
      AttentionPlan plan = plans.computeIfAbsent(window, w -> plan(places, w));
      out.add(new Pass.View(plan, tables, null));
    }
    return out;
  }

  /** Causal attention whose scores a bias tells of distances. */
  Stack.Views causal(Function<Places, Tensor> bias) {
    return places -> List.of(new Pass.View(plan(places, 0), null, bias.apply(places)));
  }

  AttentionPlan plan(Places places, int window) {
    return AttentionPlan.causal(places, window, base().compute(), base().device());
  }

  Rotary.Tables tables(Rotary rotary, Places places) {
    return rotary.tables(
        places.positions(), places.rows(), places.queries(), base().compute(), base().device());
  }
}
