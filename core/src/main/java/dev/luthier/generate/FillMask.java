package dev.luthier.generate;

import dev.luthier.LuthierException;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** An encoder's guesses at the masked tokens of a text. */
public final class FillMask {
  private final Transformer model;
  private final Tokenizer tokenizer;
  private final int maskId;

  /**
   * @throws LuthierException if the model is no encoder that predicts tokens, or the tokenizer has
   *     no mask token
   */
  public FillMask(Transformer model, Tokenizer tokenizer) {
    if (model.kind() != Transformer.Kind.ENCODER || !model.task().isLanguage()) {
      String found = model.task().isLanguage() ? "writes text" : "gives labels";
      throw new LuthierException(
          "masks are filled by an encoder with a language model's head (BERT, RoBERTa, DistilBERT),"
              + " and this model "
              + found
              + ". See docs/fill-mask.md");
    }
    this.model = model;
    this.tokenizer = tokenizer;
    this.maskId =
        tokenizer
            .maskId()
            .orElseThrow(
                () ->
                    new LuthierException(
                        "the tokenizer has no mask token: name it as mask_token in"
                            + " tokenizer_config.json. See docs/troubleshooting.md#mask-token"));
  }

  /**
   * A token that may stand in a mask's place.
   *
   * @param token as the vocabulary writes it
   * @param id its id
   * @param probability by the model
   * @param text the whole text with it in this mask's place, special tokens left out
   */
  public record Guess(String token, int id, double probability, String text) {}

  /**
   * The likeliest tokens for each mask, each mask by itself.
   *
   * @param top how many for each
   * @return a list for each mask, in the text's order
   * @throws LuthierException if the text has no mask, or is longer than the model's context
   */
  public List<List<Guess>> fill(String text, int top) {
    int[] ids = tokenizer.encodeIds(text, true);
    int[] masks = IntStream.range(0, ids.length).filter(i -> ids[i] == maskId).toArray();
    if (masks.length == 0) {
      throw new LuthierException(
          "the text has no "
              + tokenizer.maskToken().orElseThrow()
              + ": write it where a token is to be guessed");
    }
    int context = model.shape().maxPositions();
    if (ids.length > context) {
      throw new LuthierException(
          "the text has " + ids.length + " tokens, more than the model's " + context);
    }
    List<List<Guess>> out = new ArrayList<>();
    float[][] scores = scores(ids, masks);
    for (int i = 0; i < masks.length; i++) {
      out.add(best(ids, masks[i], Softmax.of(scores[i]), top));
    }
    return out;
  }

  /** The scores (V) of each mask. */
  private float[][] scores(int[] ids, int[] masks) {
    try (PointerScope scope = new PointerScope()) {
      Device device = model.parameters().device();
      long[] documents = new long[ids.length];
      Arrays.fill(documents, 1);
      long[] positions = LongStream.range(0, ids.length).toArray();
      Pass pass = model.pass(Places.whole(positions, documents, 1, ids.length));
      long[] tokens = Arrays.stream(ids).asLongStream().toArray();
      Tensor x = Inference.hidden(model, model.tokens(tokens, 1, ids.length), pass, List.of());
      long[] at = Arrays.stream(masks).asLongStream().toArray();
      Tensor masked =
          x.select(0, 0).index_select(0, Tensors.longs(at, device, at.length)); // (N, D)
      float[] all = Tensors.toFloats(Inference.logits(model, masked, pass));
      int width = all.length / masks.length;
      return IntStream.range(0, masks.length)
          .mapToObj(i -> Arrays.copyOfRange(all, i * width, (i + 1) * width))
          .toArray(float[][]::new);
    }
  }

  private List<Guess> best(int[] ids, int at, double[] probabilities, int top) {
    List<Guess> out = new ArrayList<>();
    boolean[] taken = new boolean[probabilities.length];
    for (int n = 0; n < Math.min(top, probabilities.length); n++) {
      int best = -1;
      for (int id = 0; id < taken.length; id++) {
        if (!taken[id] && (best < 0 || probabilities[id] > probabilities[best])) {
          best = id;
        }
      }
      taken[best] = true;
      int[] filled = ids.clone();
      filled[at] = best;
      String token = tokenizer.isToken(best) ? tokenizer.token(best) : "";
      out.add(new Guess(token, best, probabilities[best], tokenizer.decode(filled, true)));
    }
    return out;
  }
}
