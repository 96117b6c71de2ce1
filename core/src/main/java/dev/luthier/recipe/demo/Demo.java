package dev.luthier.recipe.demo;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Question;
import dev.luthier.data.SftEncoder;
import dev.luthier.eval.Evaluation;
import dev.luthier.eval.EvaluationData;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.generate.GenerateDefaults;
import dev.luthier.generate.Generator;
import dev.luthier.recipe.RunResult;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The whole of Luthier's main job on material of its own: a small base model, sentences and their
 * Yoda-speak, a LoRA fine-tune, and the same held-out sentences before and after.
 */
public final class Demo {
  private static final int SHOWN = 6;
  private static final int BATCH = 64;
  private static final String MARKER = "demo.json";

  private final Path base;
  private final Path output;
  private final BooleanSupplier interrupted;

  private Demo(Path base, Path output, BooleanSupplier interrupted) {
    this.base = base;
    this.output = output;
    this.interrupted = interrupted;
  }

  /** Hears where the demo is. */
  public interface Narrator extends TrainListener {
    /** A part begins. */
    void part(String title);
  }

  /**
   * One held-out sentence.
   *
   * @param plain what was asked
   * @param wanted its Yoda-speak
   * @param before the base model's answer
   * @param after the tuned model's answer
   */
  public record Shown(String plain, String wanted, String before, String after) {}

  /**
   * How it went.
   *
   * @param end whether it was interrupted
   * @param baseExactMatch share of held-out sentences that the base turned right
   * @param tunedExactMatch share that the tuned model turned right
   * @param heldOut held-out sentences
   * @param trainSeconds of the fine-tune
   * @param adapter the adapter's folder
   * @param shown some of the sentences
   */
  public record Result(
      Trainer.End end,
      double baseExactMatch,
      double tunedExactMatch,
      int heldOut,
      double trainSeconds,
      Path adapter,
      List<Shown> shown) {
    /** Copies the list. */
    public Result {
      shown = List.copyOf(shown);
    }
  }

  /**
   * Runs it.
   *
   * @param base the model that ships with the project
   * @param output a new folder, or that of an earlier demo, which is replaced
   */
  public static Result run(Path base, Path output, BooleanSupplier interrupted, Narrator narrator) {
    return new Demo(base, output, interrupted).run(narrator);
  }

  private Result run(Narrator narrator) {
    clear();
    Path data = output.resolve("data");
    Path adapter = output.resolve("adapter");
    narrator.part("1. Sentences and their Yoda-speak, made from seed " + DemoData.SEED);
    DemoData.write(data, DemoData.SEED);
    Path heldOut = data.resolve("heldout.jsonl");
    narrator.message(
        String.format(
            java.util.Locale.ROOT,
            "%,d to learn from, %d held out, no sentence in both",
            DemoData.TRAIN_ROWS,
            DemoData.HELD_OUT_ROWS));
    narrator.part("2. The base model on the held-out sentences");
    List<Evaluation.Answer> before = ask(heldOut, Optional.empty());
    narrator.message("exact match " + percent(before));
    narrator.part("3. Fine-tuning with LoRA");
    RunResult run = SftRun.run(settings(data, adapter), false, interrupted, narrator);
    if (run.end() == Trainer.End.INTERRUPTED) {
      return new Result(run.end(), matches(before), 0, before.size(), 0, adapter, List.of());
    }
    narrator.part("4. The tuned model on the same sentences");
    List<Evaluation.Answer> after = ask(heldOut, Optional.of(adapter));
    narrator.message("exact match " + percent(after));
    double seconds = Double.parseDouble(String.valueOf(run.results().get("train_seconds")));
    return new Result(
        run.end(),
        matches(before),
        matches(after),
        after.size(),
        seconds,
        adapter,
        shown(before, after));
  }

  private void clear() {
    try {
      if (Files.exists(output) && !Files.exists(output.resolve(MARKER))) {
        throw new LuthierException(
            output + " is there and is no earlier demo; choose another folder with --output");
      }
      AtomicFile.deleteTree(output);
      Files.createDirectories(output.resolve("data"));
    } catch (IOException e) {
      throw new LuthierException(output + " cannot be replaced: " + Reason.of(e), e);
    }
    AtomicFile.writeText(
        output.resolve(MARKER), Json.pretty(Json.object().put("seed", DemoData.SEED)));
  }

  private SftSettings settings(Path data, Path adapter) {
    return new Settings()
        .file(base.resolveSibling("sft.yaml"))
        .set("model", base.toString(), "the demo")
        .set("data.train", data.resolve("train.jsonl").toString(), "the demo")
        .set("output", adapter.toString(), "the demo")
        .set("train.dtype", Native.fastBfloat16() ? "bfloat16" : "float32", "the demo")
        .bind(SftSettings.class);
  }

  private List<Evaluation.Answer> ask(Path heldOut, Optional<Path> adapter) {
    Tokenizer tokenizer = Tokenizer.load(base);
    Optional<ChatEncoder> chat = ChatTemplates.encoder(tokenizer, "auto");
    GenerateDefaults defaults = GenerateDefaults.read(base, adapter, tokenizer, chat);
    SftEncoder encoder = new SftEncoder(tokenizer, chat, TrainOn.ASSISTANT, defaults.stopIds());
    List<Question> questions =
        EvaluationData.read(heldOut, encoder, Format.MESSAGES, 1024).questions();
    Generator generator =
        new Generator(
            new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).load(base, adapter).transformer(),
            tokenizer,
            defaults.stopIds());
    return Evaluation.ask(generator, questions, BATCH, Evaluation.Progress.NONE, interrupted);
  }

  private static List<Shown> shown(List<Evaluation.Answer> before, List<Evaluation.Answer> after) {
    List<Sentence> sentences = DemoData.generate(DemoData.SEED).heldOut();
    List<Shown> out = new ArrayList<>();
    for (int i = 0; i < SHOWN; i++) {
      out.add(
          new Shown(
              sentences.get(i).plain(),
              sentences.get(i).yoda(),
              before.get(i).generation().text().strip(),
              after.get(i).generation().text().strip()));
    }
    return out;
  }

  private static double matches(List<Evaluation.Answer> answers) {
    return (double) answers.stream().filter(Evaluation.Answer::matches).count() / answers.size();
  }

  private static String percent(List<Evaluation.Answer> answers) {
    return String.format(
        java.util.Locale.ROOT, "%.3f over %d sentences", matches(answers), answers.size());
  }
}
