package dev.luthier.cli;

import dev.luthier.LuthierException;
import dev.luthier.format.ByteSize;
import dev.luthier.format.Reason;
import dev.luthier.server.ServerSettings;
import dev.luthier.server.ServerSettings.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a server listens, and what it lets through. */
final class ServeOptions {
  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "The address to listen on; ${DEFAULT-VALUE} by default, this machine alone.")
  String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "${DEFAULT-VALUE} by default; 0 takes one that is free.")
  private int port = 8080;

  @Option(
      names = "--model-name",
      paramLabel = "NAME",
      description = "What requests call the model; its folder's name by default.")
  private Optional<String> modelName = Optional.empty();

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "Keys, one a line; a request must come with one of them.")
  Optional<Path> apiKeyFile = Optional.empty();

  @Option(
      names = "--adapter-folder",
      paramLabel = "DIR",
      description = "Adapters inside it may be loaded by request; may be given several times.")
  private List<Path> adapterFolders = new ArrayList<>();

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description = "Pages of this origin may call the server; may be given several times.")
  private List<String> corsOrigins = new ArrayList<>();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "The most tokens of an answer; the model's context by default.")
  private int maxTokens = Limits.defaults().tokens();

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      description = "Requests answered or waiting at a time; ${DEFAULT-VALUE} by default.")
  private int maxRequests = Limits.defaults().requests();

  @Option(
      names = "--max-body",
      paramLabel = "SIZE",
      description = "The largest request; ${DEFAULT-VALUE} by default.")
  private String maxBody = "8MiB";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "An answer that takes longer is given up; ${DEFAULT-VALUE} by default.")
  private long timeout = Limits.defaults().time().toSeconds();

  /** The settings of a server for this model. */
  ServerSettings settings(Path model) {
    return new ServerSettings(
        host,
        port,
        modelName.orElseGet(() -> name(model)),
        apiKeyFile.map(ServeOptions::keys).orElse(List.of()),
        adapterFolders,
        corsOrigins,
        new Limits(
            maxTokens,
            maxRequests,
            ByteSize.parse("--max-body", maxBody),
            Duration.ofSeconds(timeout)));
  }

  private static String name(Path model) {
    Path last = model.toAbsolutePath().normalize().getFileName();
    return last == null ? "model" : last.toString().replaceFirst("(?i)\\.gguf$", "");
  }

  private static List<String> keys(Path file) {
    try {
      List<String> keys =
          Files.readAllLines(file).stream().map(String::strip).filter(k -> !k.isEmpty()).toList();
      if (keys.isEmpty()) {
        throw new LuthierException(
            "the API keys' file " + file + " has none: write one key a line");
      }
      return keys;
    } catch (IOException e) {
      throw new LuthierException(
          "the API keys' file " + file + " cannot be read: " + Reason.of(e), e);
    }
  }
}
