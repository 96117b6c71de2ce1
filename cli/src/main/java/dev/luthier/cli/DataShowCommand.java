package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.Preview;
import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import dev.luthier.data.PreviewText;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.prepared.EncodedWith;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.data.prepared.PreparedSplit.Lineage;
import dev.luthier.format.Json;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code luthier data show}: what a prepared set holds. */
@Command(
    name = "show",
    description = {
      "Opens a prepared set: how it came about, and its rows with where they are from, their"
          + " examples, and how many tokens they became."
    },
    footer = {
      "",
      "Examples:",
      "  luthier data show my-set",
      "  luthier data show my-set --split eval --row 17 --model my-base",
      "  luthier data show my-set --packs --rows 2",
      "",
      "With --model the tokens are decoded, what is trained in green (or in ⟦ ⟧ where",
      "there are no colours). Rows, documents and sequences are counted from 0."
    })
final class DataShowCommand implements Callable<Integer> {
  private static final int SHOWN = 5;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  @Parameters(paramLabel = "SET", description = "The set's folder.")
  private Path folder = Path.of("");

  @Option(names = "--split", paramLabel = "NAME", description = "The split; train by default.")
  private String splitName = "train";

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "How many rows, or with --packs sequences; 5 by default, 1 with --row.")
  private Optional<Integer> rows = Optional.empty();

  @Option(names = "--row", paramLabel = "I", description = "The first row; 0 by default.")
  private Optional<Integer> row = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The model that it was prepared for, to decode its tokens.")
  private Optional<Path> model = Optional.empty();

  @Option(
      names = "--packs",
      description = "Show which documents share the first sequences, in place of rows.")
  private boolean packs;

  @Option(names = "--verify", description = "Read all files and compare their SHA-256.")
  private boolean verify;

  DataShowCommand(Console console) {
    this.console = console;
  }

  /** A document, with its text if a model was named. */
  private record Shown(int index, String part, TokenSequence tokens, Optional<PreviewRow> text) {}

  @Override
  public Integer call() {
    if (rows.orElse(0) < 0) {
      throw new UsageException("--rows is " + rows.get() + ": must be 0 or more");
    }
    if (packs && row.isPresent()) {
      throw new UsageException("--packs shows the first sequences: leave out --row");
    }
    PreparedSet set = PreparedSet.open(folder);
    PreparedSplit split = set.split(splitName);
    Optional<Tokenizer> tokenizer = model.map(dir -> tokenizer(set, dir));
    int first = first(split);
    int count = Math.min(rows.orElse(row.isPresent() ? 1 : SHOWN), split.rows() - first);
    if (verify) {
      set.verify();
    }
    if (json.json) {
      console.json(object(set, split, tokenizer, first, count));
      return Program.DONE;
    }
    header(set);
    if (packs) {
      int sequences = Math.min(rows.orElse(SHOWN), split.sequences());
      IntStream.range(0, sequences).forEach(sequence -> sequence(split, sequence));
    } else {
      IntStream.range(first, first + count).forEach(i -> row(split, i, tokenizer));
    }
    return Program.DONE;
  }

  private static Tokenizer tokenizer(PreparedSet set, Path dir) {
    Tokenizer tokenizer = Tokenizer.load(dir);
    if (!EncodedWith.tokenizer(dir, tokenizer)
        .equals(set.manifest().about().encodedWith().tokenizer())) {
      throw new LuthierException(
          set.folder()
              + " was prepared with another tokenizer than that of "
              + dir
              + ", which would read its ids as other texts: name the model that it was prepared"
              + " for, or leave out --model");
    }
    return tokenizer;
  }

  private int first(PreparedSplit split) {
    int first = row.orElse(0);
    if (row.isPresent() && (first < 0 || first >= split.rows())) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "--row is %d, but the split %s of %s has %s",
              first,
              split.name(),
              folder,
              split.rows() == 0 ? "no rows" : "the rows 0 to " + (split.rows() - 1)));
    }
    return first;
  }

  private static List<Shown> documents(
      PreparedSplit split, int row, Optional<Tokenizer> tokenizer) {
    return IntStream.range(split.firstDocument(row), split.firstDocument(row + 1))
        .mapToObj(
            document -> {
              TokenSequence tokens = split.document(document);
              return new Shown(
                  document,
                  split.part(document).name().toLowerCase(Locale.ROOT),
                  tokens,
                  tokenizer.map(known -> Preview.decoded(tokens, known)));
            })
        .toList();
  }

  private void header(PreparedSet set) {
    Manifest manifest = set.manifest();
    EncodedWith with = manifest.about().encodedWith();
    line("set    %s, for %s", set.folder(), manifest.about().kind().purpose());
    line("hash   %s", set.hash());
    line(
        "rules  template %s, trained on %s with ends %s, at most %,d tokens, %s",
        with.template(),
        with.trainOn().toString().toLowerCase(Locale.ROOT),
        with.trainOnEnd().toString().toLowerCase(Locale.ROOT),
        with.maxLength(),
        with.packing() ? "packed" : "not packed");
    if (verify) {
      line("files  all are as they were written");
    }
    line("");
    ManifestText.stages(manifest).forEach(console.out()::println);
    line("");
    ManifestText.splits(manifest).forEach(console.out()::println);
  }

  private void row(PreparedSplit split, int row, Optional<Tokenizer> tokenizer) {
    line("");
    line("%s row %,d, from %s", split.name(), row, PreviewText.visible("" + split.lineage(row)));
    // written anew, for the set's file has characters beyond the BMP as escapes
    line("%s", PreviewText.visible(Json.parse(split.json(row), "row " + row).toString()));
    for (Shown document : documents(split, row, tokenizer)) {
      line(
          "document %,d, %s: %,d tokens, %,d trained",
          document.index(),
          document.part(),
          document.tokens().length(),
          document.tokens().trained());
      document
          .text()
          .ifPresent(text -> line("%s", new PreviewText(console.colours(), false).text(text)));
    }
  }

  private void sequence(PreparedSplit split, int sequence) {
    int[] documents = split.sequence(sequence);
    line("");
    line(
        "%s sequence %,d: %,d tokens of %,d documents",
        split.name(), sequence, split.sequenceLength(sequence), documents.length);
    for (int document : documents) {
      int of = split.row(document);
      line(
          "  document %,d: %,d tokens of row %,d, from %s",
          document, split.length(document), of, PreviewText.visible("" + split.lineage(of)));
    }
  }

  private Map<String, Object> object(
      PreparedSet set, PreparedSplit split, Optional<Tokenizer> tokenizer, int first, int count) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("set", set.folder().toString());
    out.put("hash", set.hash());
    out.put("kind", set.manifest().about().kind().toString());
    out.put("verified", verify);
    out.put("sources", set.manifest().origin().sources());
    out.put("stages", set.manifest().origin().stages());
    out.put("splits", ManifestText.counts(set.manifest()));
    out.put("split", split.name());
    if (packs) {
      int sequences = Math.min(rows.orElse(SHOWN), split.sequences());
      out.put(
          "sequences",
          IntStream.range(0, sequences)
              .mapToObj(i -> Map.of("documents", Arrays.stream(split.sequence(i)).boxed().toList()))
              .toList());
      return out;
    }
    List<Object> shown = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      Map<String, Object> one = rowObject(i, split.lineage(i), split.json(i));
      one.put(
          "documents",
          documents(split, i, tokenizer).stream().map(DataShowCommand::document).toList());
      shown.add(one);
    }
    out.put("rows", shown);
    return out;
  }

  /** A row of a prepared set, as JSON has it. */
  static Map<String, Object> rowObject(int row, Lineage lineage, String example) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("row", row);
    out.put("source", lineage.source().path());
    out.put("sourceRow", lineage.number());
    out.put("example", Json.parse(example, "row " + row));
    return out;
  }

  private static Map<String, Object> document(Shown document) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("document", document.index());
    out.put("part", document.part());
    out.put("tokens", document.tokens().length());
    out.put("trained", document.tokens().trained());
    document
        .text()
        .ifPresent(
            text ->
                out.put(
                    "segments", text.segments().stream().map(DataShowCommand::segment).toList()));
    return out;
  }

  private static Map<String, Object> segment(Segment segment) {
    return Map.of("text", segment.text(), "trained", segment.trained(), "ids", segment.ids());
  }

  private void line(String format, Object... values) {
    console.out().println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
