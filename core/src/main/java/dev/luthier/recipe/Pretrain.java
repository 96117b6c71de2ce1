package dev.luthier.recipe;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.MaskedEncoder;
import dev.luthier.data.ModelInput;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.TrainingData;
import dev.luthier.format.DType;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.ModelCard;
import dev.luthier.format.Reason;
import dev.luthier.model.Families;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerFiles;
import dev.luthier.tokenizer.TokenizerRoles;
import dev.luthier.tokenizer.TokenizerSource;
import dev.luthier.tokenizer.TokenizerWriter;
import dev.luthier.tokenizer.TrainedBpe;
import dev.luthier.train.Objective;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.Trainer;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A language model on raw text, causal or of masked tokens: from scratch, with its tokenizer, or
 * from one that is there.
 */
public final class Pretrain {
  private static final String END = "<|endoftext|>";
  private static final String MASKED = ", of which %.0f %% are guessed in each pass";
  private static final Pattern SPECIAL = Pattern.compile("<\\|[A-Za-z0-9_]+\\|>");

  private final PretrainSettings settings;
  private final int positions;
  private final TrainListener listener;

  private Pretrain(PretrainSettings settings, int positions, TrainListener listener) {
    this.settings = settings;
    this.positions = positions;
    this.listener = listener;
  }

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between micro-batches
   */
  public static RunResult run(
      PretrainSettings settings,
      boolean resume,
      BooleanSupplier interrupted,
      TrainListener listener) {
    int positions = positions(settings);
    RunFolder.checkUnused(settings.output(), resume);
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs(settings).forEach(path -> inputs.put(path.toString(), path));
    settings.objective().ifPresent(o -> inputs.put("objective", UserCode.of(o).file()));
    RunFolder.checkInputs(settings.output(), resume, inputs);
    return new Pretrain(settings, positions, listener).run(resume, interrupted);
  }

  /** The model's configuration, of a new one before its tokenizer is there. */
  private static ObjectNode config(PretrainSettings settings) {
    return settings.from().map(ModelLoader::config).orElseGet(() -> settings.model().json());
  }

  /** What the configuration is called in messages. */
  private static String where(PretrainSettings settings) {
    return settings.from().map(HfFolder::configName).orElseGet(() -> settings.model().where());
  }

  /**
   * The longest sequence of the model.
   *
   * @throws UsageException if the model is no decoder and no encoder with a language model's head,
   *     or data are longer
   */
  private static int positions(PretrainSettings settings) {
    String where = where(settings);
    Transformer model = Outline.of(config(settings), where, Optional.empty());
    if (model.kind() == Transformer.Kind.ENCODER_DECODER || !model.task().isLanguage()) {
      throw new UsageException(
          where
              + " is that of neither a decoder nor an encoder with a language model's head, which"
              + " learn from plain text; fine-tune "
              + (model.task().isLanguage()
                  ? "it with luthier sft"
                  : "what gives labels with luthier train-classifier")
              + ". See docs/pretrain.md#encoders");
    }
    int positions = model.shape().maxPositions();
    if (settings.data().maxLength() > positions) {
      throw new UsageException(
          "data.maxLength is "
              + settings.data().maxLength()
              + "; "
              + where
              + " has "
              + positions
              + " positions");
    }
    return positions;
  }

  private RunResult run(boolean resume, BooleanSupplier interrupted) {
    Training.threads(settings.threads());
    Path output = settings.output();
    Objective objective = OwnLosses.tokens(settings.objective(), listener::message);
    Map<String, String> hashes = hashes();
    RunFolder folder =
        RunFolder.open(
            output,
            resume,
            Training.identity("pretrain", settings, settings.train(), settings.memory(), hashes));
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    folder.begin();
    Tokenizer tokenizer = tokenizer(output);
    ModelInput input = ModelInput.of(config(settings), where(settings), tokenizer);
    boolean masks = input.kind() == Transformer.Kind.ENCODER;
    RowEncoder encoder =
        masks
            ? new MaskedEncoder(tokenizer)
            : new SftEncoder(tokenizer, Optional.empty(), DataSettings.TrainOn.ALL, Set.of());
    DataPipeline pipeline = DataPipeline.ofTexts(encoder, settings.data().maxLength());
    TrainingData train = pipeline.prepare(settings.data().train());
    listener.message(
        String.format(
                java.util.Locale.ROOT,
                "data: %,d documents, %,d sequences, %,d tokens",
                train.report().usedRows(),
                train.report().sequences(),
                train.report().tokens())
            + (masks ? MASKED.formatted(100 * settings.mask().probability()) : ""));
    Optional<TrainingData> eval =
        settings.data().eval().isEmpty()
            ? Optional.empty()
            : Optional.of(pipeline.prepare(settings.data().eval()));
    ObjectNode config =
        settings.from().map(ModelLoader::config).orElseGet(() -> settings.model().json(tokenizer));
    Transformer outline = Outline.of(config, where(settings), Optional.empty());
    BatchMaker batches =
        input.batches(Training.LENGTH_STEP, settings.mask(), settings.train().seed());
    TrainingRows rows = rows(train, batches);
    Optional<TrainingRows> evalRows = eval.map(data -> rows(data, batches));
    StepPlanner.Plan plan;
    try {
      plan = plan(outline, rows, evalRows);
    } catch (LuthierException e) {
      if (!resume) {
        folder.abandon(); // how large the vocabulary is was known only with the tokenizer there
      }
      throw e;
    }
    folder.planned(plan);
    Training.describe(plan, outline.shape().blocks(), listener);
    ModelLoader loader =
        new ModelLoader(settings.train().dtype(), new Device(settings.device()).check());
    LoadedModel model =
        settings
            .from()
            .map(loader::full)
            .orElseGet(() -> loader.fresh(config, settings.train().seed()));
    Trainer.Job job =
        Training.job(
            settings,
            settings.train(),
            plan,
            model.transformer(),
            StepSource.of(rows, evalRows, objective, settings.train(), settings.eval()));
    TrainFiles files = TrainFiles.model(model);
    DType saved = settings.saveDtype() == ComputeDtype.BFLOAT16 ? DType.BF16 : DType.F32;
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        listener,
        (target, results) -> {
          files.writeResult(target, saved);
          if (!masks && settings.from().isEmpty()) {
            Json.write(target.resolve("generation_config.json"), generation(tokenizer));
          }
          RunCard card = new RunCard();
          settings.from().ifPresent(p -> card.base(p, Objects.requireNonNull(hashes.get("from"))));
          settings.objective().ifPresent(o -> card.fact("Settings", "objective", o));
          card.data(train.report(), String.join(" ", train.report().files().values()))
              .fact("Settings", "learning rate", settings.learningRate())
              .settings("train", settings.train())
              .settings("model", settings.model())
              .results(target, results)
              .write(
                  target,
                  settings.from().isPresent() ? ModelCard.Kind.FINETUNE : ModelCard.Kind.SCRATCH,
                  masks ? ModelCard.Use.MASKED : ModelCard.Use.TEXT,
                  settings.from(),
                  settings.data().train(),
                  List.of("pretrain"));
        });
  }

  private StepPlanner.Plan plan(
      Transformer outline, TrainingRows rows, Optional<TrainingRows> eval) {
    int length = Math.max(Training.longest(rows), eval.map(Training::longest).orElse(0));
    return StepPlanner.plan(
        new StepPlanner.Request(
            new Workload(
                outline,
                Optional.empty(),
                Optional.empty(),
                settings.train(),
                settings.train().dtype(),
                length,
                Training.rowBytes(texts(settings)) + Training.tokenizerBytes(settings.output())),
            false,
            settings.memory(),
            settings.output().resolve("saved-inputs.pages"),
            Memory.total()));
  }

  private TrainingRows rows(TrainingData data, BatchMaker batches) {
    return new TrainingRows(data.rows(true, settings.data().maxLength()), batches);
  }

  private static List<Path> texts(PretrainSettings settings) {
    List<Path> all = new ArrayList<>(settings.data().train());
    all.addAll(settings.data().eval());
    return all;
  }

  private static List<Path> inputs(PretrainSettings settings) {
    List<Path> all = texts(settings);
    settings.chatTemplate().ifPresent(all::add);
    settings.model().config().ifPresent(all::add);
    settings.tokenizer().from().ifPresent(p -> all.addAll(TokenizerSource.at(p).files()));
    return all;
  }

  private Map<String, String> hashes() {
    Map<String, String> out = new LinkedHashMap<>();
    inputs(settings).forEach(p -> out.put(p.toString(), Hashes.sha256(p)));
    settings.from().ifPresent(p -> out.put("from", Hashes.folder(p)));
    settings.objective().ifPresent(o -> out.put("objective", UserCode.of(o).hash()));
    return out;
  }

  /** Takes over the tokenizer, or trains one; it stands in the output from the start. */
  private Tokenizer tokenizer(Path output) {
    if (settings.from().isPresent()) {
      HfFolder.copySideFiles(settings.from().get(), output);
      return RunTokens.of(settings.from().get(), new TokenSettings(List.of())).tokenizer();
    }
    if (settings.tokenizer().from().isPresent()) {
      TokenizerFiles.carry(settings.tokenizer().from().get(), output);
      return Tokenizer.load(output);
    }
    Optional<String> template = settings.chatTemplate().map(Pretrain::text);
    Set<String> special = new LinkedHashSet<>(List.of(END));
    Matcher m = SPECIAL.matcher(template.orElse(""));
    while (m.find()) {
      special.add(m.group());
    }
    listener.message("training a tokenizer of " + settings.tokenizer().vocabSize() + " entries");
    ObjectNode config = settings.model().json();
    if (Families.of(config, settings.model().where()).kind() == Transformer.Kind.ENCODER) {
      MaskTokens tokens = MaskTokens.of(config.path("model_type").asText());
      TokenizerWriter.write(
          new BpeTrainer(settings.tokenizer().vocabSize(), tokens.names(), 2).train(texts()),
          tokens.roles(positions),
          output);
      return Tokenizer.load(output);
    }
    TrainedBpe bpe =
        new BpeTrainer(settings.tokenizer().vocabSize(), List.copyOf(special), 2).train(texts());
    TokenizerRoles roles =
        new TokenizerRoles(
            Optional.empty(), Optional.of(END), Optional.of(END), false, positions, template);
    TokenizerWriter.write(bpe, roles, output);
    return Tokenizer.load(output);
  }

  private Stream<String> texts() {
    return settings.data().train().stream()
        .flatMap(
            path ->
                ExampleReader.read(path, DataSettings.Format.TEXT).rows().stream()
                    .map(row -> row.example() instanceof Example.Text text ? text.text() : ""));
  }

  private static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** Generation stops at the end of a text and, in a chat, at the end of a turn. */
  private static ObjectNode generation(Tokenizer tokenizer) {
    ObjectNode json = Json.object();
    tokenizer.bosId().ifPresent(id -> json.put("bos_token_id", id));
    ArrayNode stops = json.putArray("eos_token_id");
    tokenizer.eosId().ifPresent(stops::add);
    for (String end : List.of("<|im_end|>", "<|eot_id|>", "<|end|>")) {
      tokenizer.idOf(end).ifPresent(stops::add);
    }
    tokenizer.padId().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }
}
