package dev.luthier.recipe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.labels.LabelEncoder;
import dev.luthier.data.labels.LabelSurvey;
import dev.luthier.data.labels.LabelledData;
import dev.luthier.eval.labels.LabelEvaluation;
import dev.luthier.eval.labels.LabelReport;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.ModelCard;
import dev.luthier.model.Outline;
import dev.luthier.model.Problem;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Objective;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Trainer;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A model learns to give labels: rows, a head, the loop, how good it became. */
public final class ClassifierRun {
  /** How good the result is, in the run's folder. */
  public static final String EVALUATION = "evaluation.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ClassifierSettings settings;
  private final TrainListener listener;
  private final RunTokens tokens;
  private final Tokenizer tokenizer;
  private final LabelSurvey survey;
  private final HeadConfig head;
  private final Optional<LoraSettings> lora;
  private final Transformer outline;
  private final ClassifierInput input;
  private final TrainingRows rows;
  private final Optional<TrainingRows> evalRows;
  private Optional<LabelReport> report = Optional.empty();

  private ClassifierRun(ClassifierSettings settings, TrainListener listener) {
    this.settings = settings;
    this.listener = listener;
    this.tokens = RunTokens.of(settings.model(), settings.tokens());
    this.tokenizer = tokens.tokenizer();
    ObjectNode config = ModelLoader.config(settings.model(), tokens.ids());
    this.survey = ClassifierInput.survey(settings.data(), config);
    this.head = ClassifierInput.head(survey, tokenizer);
    this.lora =
        settings.isFull()
            ? Optional.empty()
            : Optional.of(
                tokens
                    .over(settings.lora())
                    .saving(ModelLoader.headModules(settings.model(), head)));
    ObjectNode headed = head.over(config);
    this.outline = Outline.of(headed, HfFolder.configName(settings.model()), lora);
    LabelEncoder encoder = ClassifierInput.encoder(tokenizer, outline, headed, settings.data());
    this.input = ClassifierInput.read(settings.data(), survey, encoder, settings.train().seed());
    this.rows = input.rows(input.train(), tokenizer);
    this.evalRows = input.eval().map(data -> input.rows(data, tokenizer));
  }

  /**
   * How a run ended.
   *
   * @param run as of any run
   * @param report how good the result is; empty if the run is not at its end, was before, or has no
   *     rows to evaluate on
   */
  public record Result(RunResult run, Optional<LabelReport> report) {}

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between micro-batches
   */
  public static Result run(
      ClassifierSettings settings,
      boolean resume,
      BooleanSupplier interrupted,
      TrainListener listener) {
    RunFolder.checkUnused(settings.output(), resume);
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", settings.model());
    inputs.put("data", settings.data().train().orElseThrow());
    settings.data().eval().ifPresent(file -> inputs.put("eval", file));
    RunFolder.checkInputs(settings.output(), resume, inputs);
    HfFolder.model(settings.model());
    ClassifierRun run = new ClassifierRun(settings, listener);
    RunResult result = run.run(resume, interrupted);
    return new Result(result, run.report);
  }

  private RunResult run(boolean resume, BooleanSupplier interrupted) {
    Training.threads(settings.threads());
    Path output = settings.output();
    tokens.describe(listener);
    describe();
    int length = Math.max(Training.longest(rows), evalRows.map(Training::longest).orElse(0));
    StepPlanner.Plan plan = ClassifierPlan.of(settings, outline, lora, length, input.bytes());
    TrainSettings train =
        settings.train().microBatches(plan.microBatchSize(), plan.gradientAccumulation());
    Map<String, String> hashes = hashes();
    RunFolder folder =
        RunFolder.open(
            output,
            resume,
            Training.identity("train-classifier", settings, train, settings.memory(), hashes));
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    LoadedModel model = model();
    folder.begin();
    folder.planned(plan);
    RefusedFile.write(output, input.train().refused(), listener);
    Training.describe(plan, model.transformer().blocks().size(), listener);
    listener.message(
        String.format(
            Locale.ROOT, "training %,d parameters", Trainables.count(model.transformer())));
    TrainFiles files =
        lora.isEmpty()
            ? TrainFiles.model(model)
            : Training.adapterFiles(
                model, settings.model(), hashes, settings.train().dtype(), settings.asksQuant());
    Trainer.Job job =
        Training.job(
            settings,
            train,
            plan,
            model.transformer(),
            StepSource.of(rows, evalRows, objective(), train, settings.eval()));
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        listener,
        (target, results) -> {
          files.writeResult(target, ModelFiles.storedDtype(settings.model()));
          tokens.carry(target);
          evaluate(model.transformer(), target, results);
          writeCard(target, hashes, results);
        });
  }

  private Objective objective() {
    return switch (survey.problem()) {
      case CLASSES, TOKENS -> Objective.crossEntropy();
      case MULTI_LABEL -> Objective.binaryCrossEntropy();
      case REGRESSION -> Objective.squaredError();
    };
  }

  private LoadedModel model() {
    ModelLoader loader =
        new ModelLoader(
                settings.train().dtype(),
                new Device(settings.device()),
                settings.asksQuant(),
                false)
            .withNew(tokens.ids());
    long seed = settings.train().seed();
    return lora.isPresent()
        ? loader.lora(settings.model(), head, lora.get(), seed)
        : loader.full(settings.model(), head, seed);
  }

  private void evaluate(Transformer model, Path target, Map<String, Object> results) {
    if (evalRows.isEmpty()) {
      return;
    }
    LabelReport found =
        LabelEvaluation.of(
            new BlockwiseStep(model, WeightSource.of(model)),
            evalRows.get().batches(settings.train().microBatchSize(), 0),
            survey.problem(),
            survey.labels());
    report = Optional.of(found);
    Json.write(target.resolve(EVALUATION), JSON.valueToTree(found.fields()));
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", results.get("steps"));
    found.figures().forEach((name, value) -> line.put("eval_" + name, value));
    MetricsFile.append(target, line);
    results.put("evaluation", found.fields());
  }

  private Map<String, String> hashes() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("model", Hashes.folder(settings.model()));
    out.put("data", ClassifierInput.hash(input.train()));
    if (settings.data().eval().isPresent()) {
      input.eval().ifPresent(e -> out.put("eval", ClassifierInput.hash(e)));
    }
    return out;
  }

  private void describe() {
    listener.message(
        String.format(
            Locale.ROOT,
            "task: %s; %s%s",
            survey.problem(),
            survey.problem() == Problem.REGRESSION ? "" : survey.labels().size() + " labels: ",
            shown()));
    describe("data", input.train());
    if (settings.data().eval().isPresent()) {
      input.eval().ifPresent(eval -> describe("eval", eval));
    } else if (input.eval().isPresent()) {
      listener.message(
          String.format(
              Locale.ROOT,
              "eval: %,d of these rows are set apart (data.evalShare=%s)%s",
              input.eval().get().sequences().size(),
              settings.data().evalShare(),
              survey.problem() == Problem.CLASSES ? ", the same share of each label" : ""));
    } else {
      listener.message("eval: none, so nothing will say how good the result is");
    }
    if (!settings.data().classWeights().isNone()) {
      listener.message("class weights: " + weightWords());
    }
  }

  private String shown() {
    Map<String, Long> counts = new LinkedHashMap<>();
    if (survey.problem() != Problem.REGRESSION) {
      counts.putAll(input.counts(input.train()));
    }
    List<String> words =
        survey.labels().stream()
            .limit(10)
            .map(l -> counts.containsKey(l) ? l + " " + counts.get(l) : l)
            .toList();
    int more = survey.labels().size() - words.size();
    return String.join(", ", words) + (more > 0 ? " and " + more + " more" : "");
  }

  private String weightWords() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < Math.min(10, survey.labels().size()); i++) {
      out.append(i == 0 ? "" : ", ")
          .append(survey.labels().get(i))
          .append(String.format(Locale.ROOT, " %.3g", input.weights()[i]));
    }
    int more = survey.labels().size() - 10;
    return out + (more > 0 ? " and " + more + " more" : "");
  }

  private void describe(String name, LabelledData data) {
    LabelledData.Account a = data.account();
    int used = a.rows() - data.refused().size();
    listener.message(
        String.format(
            Locale.ROOT,
            "%s: %,d of %,d rows%s",
            name,
            used,
            a.rows(),
            a.words() == 0
                ? ""
                : String.format(Locale.ROOT, ", %,d words with a label", a.words())));
    if (a.longer() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "%s: %,d rows are longer than %,d tokens and are cut; %,d tokens are not read"
                  + " (data.maxLength)",
              name,
              a.longer(),
              Math.min(settings.data().maxLength(), outline.shape().maxPositions()),
              a.cutTokens()));
    }
    if (a.lostWords() > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "%s: %,d words with a label have no token of their own and do not count",
              name,
              a.lostWords()));
    }
  }

  private void writeCard(Path target, Map<String, String> hashes, Map<String, Object> results) {
    RunCard card =
        new RunCard()
            .base(settings.model(), Objects.requireNonNull(hashes.get("model")))
            .fact("Labels", "task", survey.problem())
            .fact("Labels", "labels", String.join(", ", survey.labels()))
            .fact("Data", "version (SHA-256)", Objects.requireNonNull(hashes.get("data")))
            .fact("Data", "rows", input.train().sequences().size())
            .fact("Settings", "method", settings.method())
            .fact("Settings", "learning rate", settings.learningRate())
            .fact("Settings", "data.classWeights", settings.data().classWeights())
            .settings("train", settings.train());
    lora.ifPresent(l -> card.settings("lora", l));
    settings.asksQuant().ifPresent(q -> card.fact("Settings", "quant", q.words()));
    report.ifPresent(
        r -> {
          card.fact("Results", "evaluated rows", r.rows());
          r.figures().forEach((name, value) -> card.fact("Results", name.replace('_', ' '), value));
        });
    card.fact("Results", "steps", results.getOrDefault("steps", 0))
        .write(
            target,
            lora.isEmpty() ? ModelCard.Kind.FINETUNE : ModelCard.Kind.ADAPTER,
            survey.problem() == Problem.TOKENS ? ModelCard.Use.TOKENS : ModelCard.Use.SEQUENCE,
            Optional.of(settings.model()),
            settings.data().train().stream().toList(),
            lora.isEmpty() ? List.of() : List.of(settings.method().toString()));
  }
}
