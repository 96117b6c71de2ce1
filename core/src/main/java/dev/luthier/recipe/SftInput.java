package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.TrainingData;
import dev.luthier.data.prepared.EncodedWith;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.format.GenerationConfig;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainingRows;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/**
 * The rows that a supervised run trains and evaluates on: of files, encoded now, or of prepared
 * sets. A prepared set that is trained on says how evaluation rows are encoded, too.
 */
final class SftInput {
  private static final String TRAIN = "train";
  private static final String EVAL = "eval";

  private final SftSettings settings;
  private final Tokenizer tokenizer;
  private final GenerationConfig generation;
  private final ModelInput model;
  private final Optional<PreparedSet> train;
  private final Optional<PreparedSet> eval;

  /**
   * Opens what is prepared, and encodes nothing yet.
   *
   * @throws UsageException the settings contradict a set, or a set is for something else
   * @throws LuthierException a set is damaged, or is made for another model
   */
  SftInput(SftSettings asked, Tokenizer tokenizer, GenerationConfig generation) {
    this.tokenizer = tokenizer;
    this.generation = generation;
    this.train = asked.data().train().filter(PreparedSet::isOne).map(PreparedSet::open);
    this.settings = train.map(set -> asked.with(settled(asked.data(), set))).orElse(asked);
    Optional<Path> evalData = settings.data().eval();
    this.eval =
        evalData.isPresent()
            ? evalData.filter(PreparedSet::isOne).map(PreparedSet::open)
            : train.filter(set -> set.splits().contains(EVAL));
    if (settings.eval().everySteps() > 0 && evalData.isEmpty() && eval.isEmpty()) {
      throw new UsageException(
          "eval.everySteps is "
              + settings.eval().everySteps()
              + " but there is nothing to evaluate on: add --eval-data FILE");
    }
    this.model = ModelInput.of(settings.model(), tokenizer);
    checkKind(train.or(() -> eval));
    if (!asked.tokens().add().isEmpty() && (train.isPresent() || eval.isPresent())) {
      throw new UsageException(
          "tokens.add names new tokens, and a prepared set was encoded without them: give the rows'"
              + " files. See docs/sft.md#new-tokens");
    }
    if (train.isPresent() || eval.isPresent()) {
      EncodedWith wanted = EncodedWith.of(settings.model(), tokenizer, settings.data());
      train.ifPresent(set -> check(set, wanted));
      eval.ifPresent(set -> check(set, wanted));
    }
  }

  /** The run's settings; where a prepared set decides, its own. */
  SftSettings settings() {
    return settings;
  }

  /**
   * The rows to train on.
   *
   * @param clock for templates that print the date
   */
  SftData train(Clock clock) {
    return train
        .map(set -> prepared(set.split(TRAIN)))
        .orElseGet(() -> encoded(settings.data().train().orElseThrow(), clock));
  }

  /** The rows to evaluate on, if there are any. */
  Optional<SftData> eval(Clock clock) {
    return eval.map(set -> prepared(set.split(evalSplit(set))))
        .or(() -> settings.data().eval().map(file -> encoded(file, clock)));
  }

  /** A set with a single split may have been prepared for nothing but evaluation. */
  private static String evalSplit(PreparedSet set) {
    return set.splits().size() == 1 ? set.splits().iterator().next() : EVAL;
  }

  private SftData encoded(Path file, Clock clock) {
    RowEncoder encoder =
        model.encoder(
            ChatTemplates.encoder(tokenizer, settings.data().template(), clock),
            settings.data(),
            Set.copyOf(generation.eosTokenIds()));
    TrainingData data = DataPipeline.of(encoder, settings.data()).prepare(file);
    return SftData.of(
        data,
        new TrainingRows(
            data.rows(settings.data().packing() && model.packs(), settings.data().maxLength()),
            batches()));
  }

  private SftData prepared(PreparedSplit split) {
    return SftData.of(split, batches());
  }

  private BatchMaker batches() {
    return model.batches(Training.LENGTH_STEP, settings.mask(), settings.train().seed());
  }

  private void checkKind(Optional<PreparedSet> set) {
    if (set.isPresent() && model.kind() != Transformer.Kind.DECODER) {
      throw new UsageException(
          set.get().folder()
              + " is a prepared set, which decoders are trained on; "
              + settings.model()
              + " has an encoder: give the rows' files. See docs/prepared-set.md#other-models");
    }
    if (!model.packs() && settings.data().overflow() == DataSettings.Overflow.SPLIT) {
      throw new UsageException(
          "data.overflow is split, but a prompt and its answer belong together: use drop or"
              + " truncate");
    }
  }

  /** The set's settings in place of defaults; others must be the set's. */
  private static DataSettings settled(DataSettings asked, PreparedSet set) {
    EncodedWith with = set.manifest().about().encodedWith();
    DataSettings defaults = DataSettings.defaults();
    String template = set.template().map(Path::toString).orElse(with.template());
    Complaints complaints = new Complaints();
    same(complaints, set, "maxLength", asked.maxLength(), defaults.maxLength(), with.maxLength());
    same(complaints, set, "packing", asked.packing(), defaults.packing(), with.packing());
    same(complaints, set, "trainOn", asked.trainOn(), defaults.trainOn(), with.trainOn());
    same(
        complaints,
        set,
        "trainOnEnd",
        asked.trainOnEnd(),
        defaults.trainOnEnd(),
        with.trainOnEnd());
    if (!asked.template().equals(template)) {
      same(complaints, set, "template", asked.template(), defaults.template(), with.template());
    }
    complaints.throwIfAny();
    return asked.encoded(
        with.maxLength(), with.packing(), template, with.trainOn(), with.trainOnEnd());
  }

  private static void same(
      Complaints complaints,
      PreparedSet set,
      String key,
      Object asked,
      Object standard,
      Object prepared) {
    if (!asked.equals(standard) && !asked.equals(prepared)) {
      complaints.add(
          "data."
              + key
              + " is "
              + asked
              + ", but "
              + set.folder()
              + " was prepared with "
              + prepared
              + ": leave it out, or prepare the data again with it");
    }
  }

  private void check(PreparedSet set, EncodedWith wanted) {
    Kind kind = set.manifest().about().kind();
    if (kind != Kind.SFT && kind != Kind.TEXT) {
      throw new UsageException(
          set.folder()
              + " is a set of kind "
              + kind
              + ", for "
              + kind.purpose()
              + "; sft trains on sets of kind sft or text");
    }
    EncodedWith with = set.manifest().about().encodedWith();
    same(set, "tokenizer", with.tokenizer(), wanted.tokenizer());
    same(set, "chat template", with.templateHash(), wanted.templateHash());
    same(set, "data.trainOn", with.trainOn(), wanted.trainOn());
    same(set, "data.trainOnEnd", with.trainOnEnd(), wanted.trainOnEnd());
  }

  private void same(PreparedSet set, String what, Object prepared, Object wanted) {
    if (!prepared.equals(wanted)) {
      throw new LuthierException(
          set.folder()
              + " was prepared with another "
              + what
              + " than this run's: "
              + named(prepared)
              + ", not "
              + named(wanted)
              + ". Prepare it again for "
              + settings.model()
              + " with luthier data prepare. See docs/prepared-set.md#another-model");
    }
  }

  private static String named(Object value) {
    return value.equals("") ? "none" : value.toString();
  }
}
