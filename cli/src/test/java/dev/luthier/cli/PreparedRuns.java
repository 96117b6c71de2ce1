package dev.luthier.cli;

import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataSettings;
import dev.luthier.data.Part;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.data.prepared.EncodedWith;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedWriter;
import dev.luthier.data.prepared.SplitFacts;
import dev.luthier.data.prepared.SplitWriter;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Hashes;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Prepared sets of the rows that a run would read itself. */
record PreparedRuns(Path model, Kind kind, DataSettings data) {
  /** For this model, with settings as {@code --set} takes them. */
  static PreparedRuns of(Path model, String... settings) {
    Settings all = new Settings().set("model=" + model).set("output=none").set("data.train=none");
    for (String setting : settings) {
      all.set(setting);
    }
    return new PreparedRuns(model, Kind.SFT, all.bind(SftSettings.class).data());
  }

  PreparedRuns kind(Kind kind) {
    return new PreparedRuns(model, kind, data);
  }

  PreparedSet write(Path target, Map<String, Path> splits) {
    Tokenizer tokenizer = Tokenizer.load(model);
    List<Manifest.Source> sources = new ArrayList<>();
    PreparedWriter.write(
        target,
        new Manifest.About(kind, Settings.toMap(data), EncodedWith.of(model, tokenizer, data)),
        set -> {
          for (Map.Entry<String, Path> split : new LinkedHashMap<>(splits).entrySet()) {
            Path file = split.getValue();
            TrainingData rows = encode(tokenizer, file);
            write(set.split(split.getKey()), rows, Files.readAllLines(file), sources.size());
            set.finish(split.getKey(), SplitFacts.of(rows.report()));
            sources.add(
                new Manifest.Source(
                    file.getFileName().toString(),
                    Hashes.sha256(file),
                    Files.size(file),
                    rows.report().rows()));
          }
          return new Manifest.Origin(sources, List.of());
        });
    return PreparedSet.open(target);
  }

  private TrainingData encode(Tokenizer tokenizer, Path file) {
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            ChatTemplates.encoder(tokenizer, data.template()),
            data.trainOn(),
            data.trainOnEnd(),
            Set.copyOf(GenerationConfig.read(model).eosTokenIds()));
    return DataPipeline.of(encoder, data).prepare(file);
  }

  private static void write(SplitWriter split, TrainingData rows, List<String> lines, int source)
      throws IOException {
    int row = 0;
    for (TokenSequence sequence : rows.sequences()) {
      if (sequence.row() != row) {
        row = sequence.row();
        split.row(source, row, lines.get(row - 1).getBytes(StandardCharsets.UTF_8));
      }
      split.document(Part.TEXT, sequence);
    }
  }
}
