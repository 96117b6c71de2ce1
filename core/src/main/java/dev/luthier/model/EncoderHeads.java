package dev.luthier.model;

import dev.luthier.nn.Activation;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.LayerNorm;
import dev.luthier.nn.Linear;
import dev.luthier.nn.Linears;
import java.util.List;
import java.util.Optional;

/**
 * The heads of BERT and its descendants, by their paths: of a masked language model a dense layer,
 * a norm and the embedding; of sequences a dense layer over the first token and one of labels; of
 * tokens {@code classifier} alone.
 *
 * @param dense of the language model
 * @param norm of the language model
 * @param activation between the two
 * @param words the language model's matrix, which may be the embedding
 * @param bias of that
 * @param pooler of sequences
 * @param pooled the activation behind it
 * @param labels of sequences
 */
record EncoderHeads(
    String dense,
    String norm,
    Activation activation,
    String words,
    String bias,
    String pooler,
    Activation pooled,
    String labels) {
  /**
   * An encoder with the head that the task asks for.
   *
   * @param embedding of the words, which the head shares where it is tied
   * @param eps of the norm
   */
  Transformer encoder(
      Assembly a,
      Transformer.Shape shape,
      Embedder embedder,
      List<Block> blocks,
      Embedding embedding,
      boolean tied,
      double eps) {
    Linears linears = a.linears();
    int d = shape.hidden();
    return switch (a.task().kind()) {
      case LANGUAGE -> {
        Linear first = linears.scores(dense, d, d, true);
        LayerNorm last = a.layerNorm(norm, d, eps);
        Linear head =
            linears.head(words, embedding.weight(), d, shape.vocabulary(), tied, Optional.of(bias));
        yield a.encoder(
            shape,
            embedder,
            blocks,
            (x, pass) -> last.forward(activation.forward(first.forward(x, pass))),
            head);
      }
      case SEQUENCE -> {
        Linear first = linears.scores(pooler, d, d, true);
        Linear head = linears.scores(labels, d, a.task().labels(), true);
        yield a.encoder(
            shape, embedder, blocks, (x, pass) -> pooled.forward(first.forward(x, pass)), head);
      }
      case TOKENS -> {
        Linear head = linears.scores("classifier", d, a.task().labels(), true);
        yield a.encoder(shape, embedder, blocks, (x, pass) -> x, head);
      }
    };
  }
}
