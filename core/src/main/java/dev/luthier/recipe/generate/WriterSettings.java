package dev.luthier.recipe.generate;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.UsageException;
import dev.luthier.hub.EndpointWriter;
import dev.luthier.recipe.SettingChecks;
import dev.luthier.tensor.ComputeDtype;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What writes.
 *
 * @param model a local model's folder; or
 * @param endpoint an address that speaks OpenAI's chat protocol: one of the two
 * @param adapter a PEFT adapter over the local model
 * @param modelName what the endpoint calls its model
 * @param apiKeyFile a file with the endpoint's key
 * @param maxNewTokens an answer ends after so many tokens
 * @param temperature 0 takes the likeliest token each time
 * @param topP draws from the likeliest tokens that together have this probability
 * @param parallel requests under way at a time, where the writer is an endpoint
 * @param timeout seconds for an answer
 * @param retries times that a request is sent again
 * @param lengthField what the endpoint calls {@code maxNewTokens}
 * @param device where the local model lives
 * @param dtype what it computes in
 * @param threads of one matrix product; 0 means one per core
 */
public record WriterSettings(
    @Setting(help = "a local model's folder (--model)") Optional<Path> model,
    @Setting(help = "a PEFT adapter over it (--adapter)") Optional<Path> adapter,
    @Setting(help = "or an OpenAI-compatible base, .../v1 (--endpoint)") Optional<String> endpoint,
    @Setting(help = "the endpoint's name of the model (--model-name)") Optional<String> modelName,
    @Setting(help = "a file with the endpoint's key (--api-key-file)") Optional<Path> apiKeyFile,
    @Setting(help = "an answer ends after so many tokens", value = "2048") int maxNewTokens,
    @Setting(help = "0: the likeliest token each time (--temperature)", value = "0.7")
        double temperature,
    @Setting(help = "draw from tokens that together have this probability", value = "1.0")
        double topP,
    @Setting(help = "requests under way at a time, to an endpoint", value = "4") int parallel,
    @Setting(help = "seconds for an endpoint's answer", value = "300") int timeout,
    @Setting(help = "times that a request is sent again", value = "6") int retries,
    @Setting(help = "max_tokens | max_completion_tokens", value = "max_tokens") String lengthField,
    @Setting(help = "a local model's: cpu | cuda:N | mps", value = "cpu") String device,
    @Setting(help = "a local model's: float32 | bfloat16", value = "float32") ComputeDtype dtype,
    @Setting(help = "processor threads; 0 means one per core", value = "0") int threads) {

  /** Checks everything at once. */
  public WriterSettings {
    Complaints complaints =
        new Complaints()
            .unless(maxNewTokens >= 1, "writer.maxNewTokens", maxNewTokens, "must be at least 1")
            .unless(
                Double.isFinite(temperature) && temperature >= 0,
                "writer.temperature",
                temperature,
                "must be 0 or more")
            .unless(topP > 0 && topP <= 1, "writer.topP", topP, "must be above 0, at most 1")
            .unless(
                parallel >= 1 && parallel <= 256,
                "writer.parallel",
                parallel,
                "must be from 1 to 256")
            .unless(timeout >= 1, "writer.timeout", timeout, "must be at least 1 second")
            .unless(retries >= 0, "writer.retries", retries, "must be 0 or more")
            .unless(
                lengthField.matches("max(_completion)?_tokens"),
                "writer.lengthField",
                lengthField,
                "must be max_tokens or max_completion_tokens")
            .unless(threads >= 0, "writer.threads", threads, "must be 0 or more");
    SettingChecks.device(complaints, "writer.device", device);
    belongTogether(complaints, model, adapter, endpoint, modelName, apiKeyFile);
    complaints.throwIfAny();
  }

  private static void belongTogether(
      Complaints complaints,
      Optional<Path> model,
      Optional<Path> adapter,
      Optional<String> endpoint,
      Optional<String> modelName,
      Optional<Path> apiKeyFile) {
    if (model.isPresent() == endpoint.isPresent()) {
      complaints.add(
          (model.isPresent()
                  ? "both --model (a local model) and --endpoint are"
                  : "neither --model (a local model) nor --endpoint is")
              + " given: say exactly one of them");
    }
    if (endpoint.isEmpty() && (modelName.isPresent() || apiKeyFile.isPresent())) {
      complaints.add("--model-name and --api-key-file are for --endpoint: leave them out");
    }
    if (model.isEmpty() && adapter.isPresent()) {
      complaints.add("--adapter is for --model: leave it out");
    }
    if (endpoint.isPresent()) {
      if (modelName.isEmpty()) {
        complaints.add("--endpoint needs --model-name: what the endpoint calls its model");
      }
      try {
        EndpointWriter.address(endpoint.get());
      } catch (UsageException e) {
        complaints.addAll(e);
      }
    }
  }
}
