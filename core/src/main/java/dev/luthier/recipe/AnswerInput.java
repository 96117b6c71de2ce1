package dev.luthier.recipe;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.AnswerEncoder;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.MaskSettings;
import dev.luthier.data.ModelInput;
import dev.luthier.data.Packing;
import dev.luthier.data.Part;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.TokenSequence;
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
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The answers that a run learns from, of files or of prepared sets. */
final class AnswerInput {
  private static final String TRAIN = "train";
  private static final String EVAL = "eval";

  private final Path model;
  private final DataSettings data;
  private final Tokenizer tokenizer;
  private final Form form;

  /**
   * How a recipe reads answers.
   *
   * @param verb of the recipe
   * @param pairs whether a chosen and a rejected answer belong together
   * @param encoder of a single answer, by a clock for templates that print the date
   * @param batches makes batches of documents
   */
  record Form(String verb, boolean pairs, Function<Clock, RowEncoder> encoder, BatchMaker batches) {
    /**
     * As a decoder's own tokens.
     *
     * @param batches of what a decoder's collator makes
     */
    static Form ofDecoder(
        String verb,
        boolean pairs,
        DataSettings data,
        RunTokens tokens,
        UnaryOperator<BatchMaker> batches) {
      ModelInput input = ModelInput.of(tokens.model(), tokens.tokenizer());
      if (input.kind() != Transformer.Kind.DECODER) {
        throw new UsageException(
            tokens.model()
                + " has an encoder; "
                + verb
                + " tunes decoders. See docs/preferences.md#models");
      }
      Set<Integer> stops = Set.copyOf(GenerationConfig.read(tokens.model()).eosTokenIds());
      return new Form(
          verb,
          pairs,
          clock ->
              input.encoder(
                  ChatTemplates.encoder(tokens.tokenizer(), data.template(), clock), data, stops),
          batches.apply(input.batches(Training.LENGTH_STEP, MaskSettings.defaults(), 0)));
    }
  }

  /** Reads nothing yet. */
  AnswerInput(Path model, DataSettings data, Tokenizer tokenizer, Form form) {
    this.model = model;
    this.data = data;
    this.tokenizer = tokenizer;
    this.form = form;
  }

  /**
   * The rows to train on.
   *
   * @param clock for templates that print the date
   */
  SftData train(Clock clock) {
    return of(data.train().orElseThrow(), TRAIN, clock);
  }

  /** The rows to evaluate on, if there are any. */
  Optional<SftData> eval(Clock clock) {
    if (data.eval().isPresent()) {
      return data.eval().map(path -> of(path, EVAL, clock));
    }
    return data.train()
        .filter(PreparedSet::isOne)
        .map(PreparedSet::open)
        .filter(set -> set.splits().contains(EVAL))
        .map(set -> prepared(set, EVAL));
  }

  private SftData of(Path path, String split, Clock clock) {
    if (PreparedSet.isOne(path)) {
      PreparedSet set = PreparedSet.open(path);
      return prepared(set, set.splits().size() == 1 ? set.splits().iterator().next() : split);
    }
    RowEncoder encoder = new AnswerEncoder(form.encoder().apply(clock), form.pairs());
    TrainingData encoded = DataPipeline.of(encoder, data).prepare(path);
    return SftData.of(
        encoded, new TrainingRows(encoded.rows(data.packing(), data.maxLength()), form.batches()));
  }

  private SftData prepared(PreparedSet set, String name) {
    check(set);
    PreparedSplit split = set.split(name);
    boolean pairs = set.manifest().about().kind() == Kind.PREFERENCE;
    int together = pairs && form.pairs() ? 2 : 1;
    int[] lengths =
        IntStream.range(0, split.documents() / together)
            .map(g -> IntStream.range(0, together).map(i -> split.length(g * together + i)).sum())
            .toArray();
    int most = set.manifest().about().encodedWith().maxLength();
    List<int[]> packed =
        data.packing()
            ? Packing.bestFit(lengths, Math.multiplyExact(together, most))
            : Packing.none(lengths.length);
    return SftData.of(
        split,
        new TrainingRows(
            new Rows(split, packed, together, !form.pairs()),
            row -> Arrays.stream(packed.get(row)).map(g -> lengths[g]).sum(),
            form.batches()));
  }

  private void check(PreparedSet set) {
    Kind kind = set.manifest().about().kind();
    boolean fits = kind == Kind.PREFERENCE || kind == Kind.UNPAIRED && !form.pairs();
    if (!fits) {
      throw new UsageException(
          set.folder()
              + " is a set of kind "
              + kind
              + ", for "
              + kind.purpose()
              + "; "
              + form.verb()
              + " learns from sets of kind preference"
              + (form.pairs() ? "" : " or unpaired"));
    }
    EncodedWith wanted = EncodedWith.of(model, tokenizer, data);
    EncodedWith with = set.manifest().about().encodedWith();
    if (!with.tokenizer().equals(wanted.tokenizer())) {
      throw new LuthierException(
          set.folder()
              + " was prepared with another tokenizer than that of "
              + model
              + ". Prepare it again with luthier data prepare. See"
              + " docs/prepared-set.md#another-model");
    }
  }

  /** Documents of a prepared set, grouped: a view. */
  private static final class Rows extends AbstractList<List<TokenSequence>> {
    private final PreparedSplit split;
    private final List<int[]> packed;
    private final int together;
    private final boolean single;

    Rows(PreparedSplit split, List<int[]> packed, int together, boolean single) {
      this.split = split;
      this.packed = packed;
      this.together = together;
      this.single = single;
    }

    @Override
    public List<TokenSequence> get(int index) {
      List<TokenSequence> out = new ArrayList<>();
      for (int group : packed.get(index)) {
        for (int i = 0; i < together; i++) {
          TokenSequence document = split.document(group * together + i);
          out.add(single ? document.as(single(document.part())) : document);
        }
      }
      return out;
    }

    private static Part single(Part part) {
      return switch (part) {
        case CHOSEN -> Part.DESIRABLE;
        case REJECTED -> Part.UNDESIRABLE;
        default -> part;
      };
    }

    @Override
    public int size() {
      return packed.size();
    }
  }
}
