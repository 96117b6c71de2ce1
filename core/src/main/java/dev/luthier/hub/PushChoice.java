package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files of a folder are pushed: of a model or an adapter what it is loaded from, and its
 * card; of a data set all. What tells about this machine or holds rows that were left out is pushed
 * only if it is named: {@code run.json}, checkpoints with optimizer state, refused and dropped
 * rows.
 */
public final class PushChoice {
  private static final Set<String> PRIVATE =
      Set.of("run.json", "metrics.jsonl", "refused.jsonl", "dropped.jsonl", "checksums.json");

  private static final Pattern TOKEN = Pattern.compile("\\bhf_[A-Za-z0-9]{30,}");
  private static final long MOST_SEARCHED = 4L << 20;

  private PushChoice() {}

  /**
   * Chooses.
   *
   * @param include patterns of {@link FileChoice#listed}; empty for what is commonly wanted
   * @throws LuthierException when there is nothing to push
   */
  public static List<LocalFile> of(
      Path folder, HubRepo.Kind kind, List<String> include, List<String> exclude) {
    List<LocalFile> all = LocalFile.below(folder);
    if (kind == HubRepo.Kind.MODEL && include.isEmpty()) {
      checkModel(folder);
    }
    FileChoice common =
        files ->
            (kind == HubRepo.Kind.MODEL ? FileChoice.model() : FileChoice.all())
                .of(files).stream().filter(f -> !isPrivate(f.path())).toList();
    Set<String> chosen =
        FileChoice.listed(include, exclude, common)
            .of(all.stream().map(LocalFile::listed).toList())
            .stream()
            .map(HubFile::path)
            .collect(Collectors.toSet());
    List<LocalFile> out = all.stream().filter(f -> chosen.contains(f.path())).toList();
    if (out.isEmpty()) {
      throw new LuthierException(
          folder
              + ": none of its "
              + all.size()
              + " files is to be pushed; it has "
              + all.stream().limit(20).map(LocalFile::path).toList());
    }
    return out;
  }

  private static boolean isPrivate(String path) {
    return PRIVATE.contains(path.substring(path.lastIndexOf('/') + 1))
        || path.startsWith("checkpoints/");
  }

  private static void checkModel(Path folder) {
    HfFolder.Kind kind = HfFolder.kind(folder);
    if (kind != HfFolder.Kind.MODEL && kind != HfFolder.Kind.ADAPTER) {
      throw new UsageException(
          folder
              + " is no model's and no adapter's folder: say --dataset for rows, or --include for"
              + " other files");
    }
  }

  /**
   * Refuses to publish a token.
   *
   * @throws LuthierException naming the file that has one in it
   */
  static void checkSecrets(List<LocalFile> files, Optional<ApiKey> token) {
    for (LocalFile file : files) {
      if (file.size() <= MOST_SEARCHED) {
        String text;
        try {
          text = Files.readString(file.file(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
          throw new LuthierException(file.file() + " cannot be read: " + Reason.of(e), e);
        }
        if (TOKEN.matcher(text).find() || token.filter(t -> t.isIn(text)).isPresent()) {
          throw new LuthierException(
              file.file()
                  + " has in it what looks like a token of the hub: take it out, or leave the file"
                  + " out with --exclude");
        }
      }
    }
  }
}
