package dev.luthier.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.data.Collator;
import dev.luthier.data.labels.LabelBatches;
import dev.luthier.data.labels.LabelEncoder;
import dev.luthier.data.labels.LabelFiles;
import dev.luthier.data.labels.LabelSettings;
import dev.luthier.data.labels.LabelSurvey;
import dev.luthier.data.labels.LabelledData;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainingRows;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a classifier learns from: the labels that there are, and rows.
 *
 * @param survey what is asked, and the labels in order
 * @param weights of each label in the loss
 * @param train rows to train on
 * @param eval rows to evaluate on, if there are any
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassifierInput(
    LabelSurvey survey, float[] weights, LabelledData train, Optional<LabelledData> eval) {
  /** What the rows ask; a model that gives the same labels keeps their order. */
  static LabelSurvey survey(LabelSettings settings, ObjectNode config) {
    LabelSurvey found = LabelSurvey.of(files(settings), settings);
    Optional<HeadConfig> there = HeadConfig.of(config).filter(h -> h.problem() == found.problem());
    boolean sameLabels =
        settings.labels().isEmpty()
            && there
                .filter(h -> new HashSet<>(h.labels()).equals(new HashSet<>(found.labels())))
                .isPresent();
    return sameLabels ? new LabelSurvey(found.problem(), there.orElseThrow().labels()) : found;
  }

  /** The head that answers it. */
  static HeadConfig head(LabelSurvey survey, Tokenizer tokenizer) {
    OptionalInt pad = tokenizer.padId().isPresent() ? tokenizer.padId() : tokenizer.eosId();
    return new HeadConfig(survey.problem(), survey.labels(), pad);
  }

  /** Reads and encodes the rows. */
  static ClassifierInput read(
      LabelSettings settings, LabelSurvey survey, LabelEncoder encoder, long seed) {
    LabelledData all = LabelledData.read(files(settings), survey, settings, encoder);
    List<LabelledData> parts =
        settings.eval().isEmpty() && settings.evalShare() > 0
            ? all.split(settings.evalShare(), seed, survey.problem())
            : List.of(all);
    Optional<LabelledData> eval =
        settings
            .eval()
            .map(path -> LabelFiles.of(path, settings.header()))
            .map(files -> LabelledData.read(files, survey, settings, encoder))
            .or(() -> parts.size() > 1 ? Optional.of(parts.get(1)) : Optional.empty());
    LabelledData train = parts.get(0);
    return new ClassifierInput(survey, weights(settings, survey, train), train, eval);
  }

  private static float[] weights(LabelSettings settings, LabelSurvey survey, LabelledData train) {
    if (settings.classWeights().isNone()) {
      return settings.classWeights().of(survey.labels(), new long[survey.labels().size()]);
    }
    if (!survey.problem().isOneOfSeveral()) {
      throw new UsageException(
          "data.classWeights is "
              + settings.classWeights()
              + ": weights are for one label of several (classes, tokens), not for "
              + survey.problem());
    }
    Set<String> unknown = new LinkedHashSet<>(settings.classWeights().given().keySet());
    survey.labels().forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new UsageException(
          "data.classWeights names "
              + unknown
              + ", which no row has; the labels are "
              + survey.labels());
    }
    return settings
        .classWeights()
        .of(survey.labels(), train.counts(survey.labels().size(), survey.problem()));
  }

  private static LabelFiles files(LabelSettings settings) {
    return LabelFiles.of(settings.train().orElseThrow(), settings.header());
  }

  /** Rows as batches take them. */
  TrainingRows rows(LabelledData data, Tokenizer tokenizer) {
    int pad = tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
    return new TrainingRows(
        data.sequences().stream().map(List::of).toList(),
        new LabelBatches(new Collator(pad, Training.LENGTH_STEP), data.extras(), weights));
  }

  /** What the rows take in the process. */
  long bytes() {
    return Training.rowBytes(paths(train)) + eval.map(e -> Training.rowBytes(paths(e))).orElse(0L);
  }

  private static List<Path> paths(LabelledData data) {
    return data.account().files().keySet().stream().map(Path::of).toList();
  }

  /** The files' hashes. */
  static String hash(LabelledData data) {
    return String.join(" ", data.account().files().values());
  }

  /** How often each label is there, by name. */
  Map<String, Long> counts(LabelledData data) {
    Map<String, Long> out = new LinkedHashMap<>();
    long[] counts = data.counts(survey.labels().size(), survey.problem());
    for (int i = 0; i < counts.length; i++) {
      out.put(survey.labels().get(i), counts[i]);
    }
    return out;
  }

  /** The encoder of a model's texts. */
  static LabelEncoder encoder(
      Tokenizer tokenizer, Transformer model, ObjectNode config, LabelSettings settings) {
    int most = Math.min(settings.maxLength(), model.shape().maxPositions());
    return new LabelEncoder(tokenizer, model.kind(), config, most);
  }
}
