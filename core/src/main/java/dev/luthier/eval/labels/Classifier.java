package dev.luthier.eval.labels;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.labels.LabelBatches;
import dev.luthier.data.labels.LabelEncoder;
import dev.luthier.data.labels.LabelledData;
import dev.luthier.data.labels.LabelledRow;
import dev.luthier.data.labels.Words;
import dev.luthier.model.Problem;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;

/** A model that gives labels, at work. */
public final class Classifier {
  /** oneDNN compiles and keeps a kernel for every new shape. */
  private static final int LENGTH_STEP = 16;

  private static final String OUTSIDE = "O";

  private final HeadConfig head;
  private final LabelEncoder encoder;
  private final BlockwiseStep step;
  private final int pad;

  /**
   * @param name the model's, for messages
   * @throws LuthierException if the model has no head that gives labels
   */
  public Classifier(LoadedModel model, Tokenizer tokenizer, String name) {
    this.head =
        HeadConfig.of(model.config())
            .orElseThrow(
                () ->
                    new LuthierException(
                        name
                            + " gives no labels: config.json names "
                            + model.config().path("architectures").path(0).asText("no class")
                            + ", not one for classification. Train it with luthier"
                            + " train-classifier, or name its adapter with --adapter DIR. See"
                            + " docs/troubleshooting.md#no-labels"));
    Transformer transformer = model.transformer();
    this.encoder =
        new LabelEncoder(
            tokenizer, transformer.kind(), model.config(), transformer.shape().maxPositions());
    this.step = new BlockwiseStep(transformer, WeightSource.of(transformer));
    this.pad = tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
  }

  /** What it is asked. */
  public Problem problem() {
    return head.problem();
  }

  /** Its labels, by number. */
  public List<String> labels() {
    return head.labels();
  }

  /** What it says of these texts, which go through the model together. */
  public List<Answer> answers(List<LabelledRow> rows) {
    List<LabelEncoder.Encoded> encoded = rows.stream().map(encoder::encode).toList();
    Map<Integer, LabelledData.Extra> extras = new HashMap<>();
    List<List<TokenSequence>> sequences = new ArrayList<>();
    for (int i = 0; i < encoded.size(); i++) {
      LabelEncoder.Encoded one = encoded.get(i);
      sequences.add(List.of(new TokenSequence(one.tokens(), asked(one), i)));
      extras.put(i, new LabelledData.Extra(one.second(), new float[0]));
    }
    LabelBatches batches =
        new LabelBatches(new Collator(pad, LENGTH_STEP), extras, new float[labels().size()]);
    float[] scores;
    try (PointerScope scope = new PointerScope()) {
      scores = Tensors.toFloats(step.outputs(batches.make(sequences, 0)));
    }
    List<Answer> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < rows.size(); i++) {
      int count = (int) Arrays.stream(sequences.get(i).get(0).labels()).filter(l -> l >= 0).count();
      int to = from + count * labels().size();
      out.add(answer(rows.get(i), encoded.get(i), Arrays.copyOfRange(scores, from, to)));
      from = to;
    }
    return out;
  }

  /** Any label where one is to be predicted. */
  private int[] asked(LabelEncoder.Encoded encoded) {
    int[] out = new int[encoded.tokens().length];
    Arrays.fill(out, TokenSequence.IGNORED);
    if (problem() == Problem.TOKENS) {
      Arrays.stream(encoded.firstTokens()).filter(at -> at >= 0).forEach(at -> out[at] = 0);
    } else {
      out[encoder.pooled(encoded)] = 0;
    }
    return out;
  }

  private Answer answer(LabelledRow row, LabelEncoder.Encoded encoded, float[] scores) {
    if (problem() == Problem.TOKENS) {
      List<Answer.Labelled> words = words(row.words(), encoded, scores);
      return new Answer(List.of(), entities(row.words(), words), words, encoded.cut());
    }
    double[] shown =
        switch (problem()) {
          case CLASSES, TOKENS -> Probabilities.softmax(scores);
          case MULTI_LABEL -> {
            double[] each = new double[scores.length];
            Arrays.setAll(each, i -> Probabilities.logistic(scores[i]));
            yield each;
          }
          case REGRESSION -> {
            double[] each = new double[scores.length];
            Arrays.setAll(each, i -> scores[i]);
            yield each;
          }
        };
    List<Answer.Scored> labels = new ArrayList<>();
    for (int i = 0; i < shown.length; i++) {
      labels.add(new Answer.Scored(labels().get(i), shown[i]));
    }
    if (problem() != Problem.REGRESSION) {
      labels.sort(Comparator.comparingDouble((Answer.Scored s) -> -s.score()));
    }
    return new Answer(labels, List.of(), List.of(), encoded.cut());
  }

  private List<Answer.Labelled> words(Words words, LabelEncoder.Encoded encoded, float[] scores) {
    List<Answer.Labelled> out = new ArrayList<>();
    int width = labels().size();
    int next = 0;
    for (int i = 0; i < words.words().size(); i++) {
      String label = OUTSIDE;
      double score = 0;
      if (encoded.firstTokens()[i] >= 0) {
        float[] own = Arrays.copyOfRange(scores, next * width, (next + 1) * width);
        int best = LabelEvaluation.largest(own);
        label = labels().get(best);
        score = Probabilities.softmax(own)[best];
        next++;
      }
      Words.Place place = words.words().get(i);
      out.add(new Answer.Labelled(words.part(i, i), place.start(), place.end(), label, score));
    }
    return out;
  }

  private List<Answer.Found> entities(Words text, List<Answer.Labelled> words) {
    if (!Entity.areMarkedBy(labels())) {
      return List.of();
    }
    List<Answer.Found> out = new ArrayList<>();
    for (Entity e : Entity.of(words.stream().map(Answer.Labelled::label).toList())) {
      List<Answer.Labelled> own = words.subList(e.first(), e.last() + 1);
      out.add(
          new Answer.Found(
              e.type(),
              own.get(0).start(),
              own.get(own.size() - 1).end(),
              text.part(e.first(), e.last()),
              own.stream().mapToDouble(Answer.Labelled::score).average().orElse(0)));
    }
    return out;
  }
}
