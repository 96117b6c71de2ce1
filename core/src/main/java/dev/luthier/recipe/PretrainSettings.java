package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.MaskSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.train.CheckpointSettings;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.MemorySettings;
import dev.luthier.train.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A language model on raw text: from scratch, with its tokenizer, or from one that is there.
 *
 * @param output the folder that the model is written to
 * @param objective a source file or a jar with an {@link dev.luthier.train.Objective}
 * @param device cpu, cuda:N or mps
 * @param threads threads of one matrix product; 0 means one per core
 * @param saveDtype what the weights are saved in
 * @param from a model to go on with; empty for one from scratch
 * @param chatTemplate a Jinja chat template to put beside the tokenizer
 * @param data the texts
 * @param tokenizer where the tokenizer comes from
 * @param model the model's shape
 * @param mask what an encoder guesses
 * @param train the loop
 * @param eval evaluation while training
 * @param checkpoint when to save
 * @param memory how much of it the run may take
 */
public record PretrainSettings(
    @Setting(help = "where the model is written (--output)") Path output,
    @Setting(
            help =
                "what is minimised: a .java file or a .jar with an Objective, FILE or FILE#CLASS;"
                    + " not set means cross-entropy (--objective)")
        Optional<String> objective,
    @Setting(help = "cpu | cuda:N | mps", value = "cpu") String device,
    @Setting(help = "processor threads; 0 means one per core", value = "0") int threads,
    @Setting(help = "what the weights are saved in: float32 | bfloat16", value = "float32")
        ComputeDtype saveDtype,
    @Setting(help = "a model to go on with, in place of tokenizer and model (--model)")
        Optional<Path> from,
    @Setting(help = "a Jinja chat template to put beside the tokenizer")
        Optional<Path> chatTemplate,
    Texts data,
    TokenizerSource tokenizer,
    ModelShape model,
    MaskSettings mask,
    TrainSettings train,
    EvalSettings eval,
    CheckpointSettings checkpoint,
    MemorySettings memory)
    implements RunSettings {

  /** The peak learning rate where none is given. */
  private static final double LEARNING_RATE = 1e-3;

  /** The same for a model that is there. */
  private static final double FURTHER = 1e-4;

  /**
   * What is trained on.
   *
   * @param train files of raw text: JSONL with {@code text}, or plain text
   * @param eval files to evaluate on
   * @param maxLength tokens per sequence
   */
  public record Texts(
      @Setting(help = "files to train on: .jsonl with a text column, or plain .txt")
          List<Path> train,
      @Setting(help = "files to evaluate on", value = "") List<Path> eval,
      @Setting(help = "tokens per sequence", value = "1024") int maxLength) {
    /** Checks everything at once. */
    public Texts {
      train = List.copyOf(train);
      eval = List.copyOf(eval);
      new Complaints()
          .unless(!train.isEmpty(), "data.train", "empty", "must name at least one file")
          .unless(maxLength >= 2, "data.maxLength", maxLength, "must be at least 2")
          .throwIfAny();
    }
  }

  /**
   * Where the tokenizer comes from.
   *
   * @param from a folder with tokenizer.json to take over; empty means train one on the texts
   * @param vocabSize entries of a tokenizer that is trained, special tokens included
   */
  public record TokenizerSource(
      @Setting(help = "a folder with tokenizer.json; not set means train one on the texts")
          Optional<Path> from,
      @Setting(help = "entries of the tokenizer to train", value = "4096") int vocabSize) {
    /** Checks the size. */
    public TokenizerSource {
      new Complaints()
          .unless(
              vocabSize >= 257,
              "tokenizer.vocabSize",
              vocabSize,
              "must be at least 257 (256 bytes and an end token)")
          .throwIfAny();
    }
  }

  /** Checks what no group can check alone. */
  public PretrainSettings {
    Complaints complaints = new Complaints();
    SettingChecks.machine(complaints, threads, device);
    if (from.isPresent()) {
      complaints
          .unless(
              model.config().isEmpty() && !model.isShaped(),
              "from",
              from.get(),
              "brings its own shape; leave out the settings of model")
          .unless(
              tokenizer.from().isEmpty() && chatTemplate.isEmpty(),
              "from",
              from.get(),
              "brings its own tokenizer; leave out tokenizer.from and chatTemplate");
    } else if (model.config().isPresent()) {
      complaints.unless(
          !model.isShaped(),
          "model.config",
          model.config().get(),
          "says all of the model's shape; leave out the other settings of model");
    } else {
      complaints.unless(
          data.maxLength() <= model.maxPositionEmbeddings(),
          "data.maxLength",
          data.maxLength(),
          "must be at most model.maxPositionEmbeddings, " + model.maxPositionEmbeddings());
    }
    complaints.unless(!memory.fit(), "memory.fit", true, "is for sft");
    if (eval.everySteps() > 0 && data.eval().isEmpty()) {
      complaints.unless(
          false, "eval.everySteps", eval.everySteps(), "needs data.eval to name files");
    }
    complaints.throwIfAny();
  }

  /** Returns the peak learning rate: the one given, or 1e-3, of a model that is there 1e-4. */
  @Override
  public double learningRate() {
    return train.peakRate(from.isPresent() ? FURTHER : LEARNING_RATE);
  }
}
