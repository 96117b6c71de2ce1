package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated ids against those of transformers' {@code generate()}. */
@Tag("interop")
class GenerateOracleTest {
  private static final String STORY = "model-llama-story-hf";
  private static final String GPT2 = "model-tiny-gpt2-realvocab-hf";
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "greedy",
        "greedy_64",
        "greedy_nocache",
        "greedy_bos_only",
        "greedy_leftpad_batch",
        "repetition_penalty_1.3",
        "no_repeat_ngram_2",
        "greedy_eos",
        "bad_words",
        "min_new_tokens_eos",
        "suppress"
      })
  void the_story_model_generates_what_it_does_in_transformers(String name) {
    JsonNode run = Assets.json("oracle-transformers/generate_story/meta.json").at("/runs/" + name);
    Transformer model = LOADER.load(Assets.path(STORY)).transformer();
    int rows = run.get("input_ids").size();
    check(model, Tokenizer.load(Assets.path(STORY)), run, run.get("args"), rows);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_bias_headdim",
        "llama_gqa_tied",
        "llama_rope_llama3",
        "llama_rope_yarn_orig",
        "mistral_sw",
        "mixtral",
        "qwen2_tied",
        "qwen2_sliding_layers",
        "qwen3_tied",
        "phi2",
        "phi3_longrope",
        "gemma",
        "gemma2",
        "gemma3_text",
        "gpt2",
        "gpt_neo",
        "gptj",
        "gpt_neox_parallel",
        "falcon_7b",
        "falcon_40b",
        "opt",
        "bloom"
      })
  void left_padded_batches_of_every_family_are_continued_as_in_transformers(String folder) {
    JsonNode run = Assets.json("oracle-transformers/" + folder + "/meta.json").get("generate");
    Transformer model = LOADER.load(Assets.path("oracle-transformers/" + folder)).transformer();
    // transformers 4.48 masks the wrong keys of Gemma 2's padded rows while it decodes: the cache
    // of
    // a window holds its last keys, and the mask is cut to its first columns.
    int rows = folder.equals("gemma2") ? 1 : run.get("input_ids").size();
    check(model, Tokenizer.load(Assets.path(STORY)), run, run, rows);
  }

  @Test
  void a_gpt2_with_the_real_vocabulary_is_continued_as_in_transformers() {
    JsonNode run =
        Assets.json("oracle-transformers/generate_model-tiny-gpt2-realvocab-hf/meta.json");
    int[] prompt = ints(run.at("/input_ids/0"));
    int[] expected = ints(run.at("/greedy/0"));
    Tokenizer tokenizer = Tokenizer.load(Assets.path(GPT2));
    Transformer model = LOADER.load(Assets.path(GPT2)).transformer();
    GenerateSettings settings = GenerateSettings.greedy(expected.length - prompt.length);
    Generation generation =
        new Generator(model, tokenizer, Set.of()).generate(new GenerateRequest(prompt, settings));
    assertThat(generation.tokens())
        .isEqualTo(Arrays.copyOfRange(expected, prompt.length, expected.length));
  }

  @Test
  void an_encoders_prompts_are_answered_as_in_transformers() {
    String root = "oracle-transformers/t5_gated_gelu";
    JsonNode run = Assets.json(root + "/meta.json").get("generate");
    JsonNode asked = Assets.json(root + "/ids.json").get("logits");
    Transformer model = LOADER.load(Assets.path(root)).transformer();
    List<GenerateRequest> requests = new ArrayList<>();
    for (int row = 0; row < 2; row++) {
      SamplingSettings sampling = SamplingSettings.greedy().withExcluded(16, List.of(), List.of());
      requests.add(
          new GenerateRequest(
              prompt(asked, row), GenerateSettings.greedy(16).withSampling(sampling)));
    }
    Generator generator = new Generator(model, Tokenizer.load(Assets.path(STORY)), Set.of(1));
    List<Generation> together = generator.generate(requests, 2, GenerateListener.NONE, () -> false);
    for (int row = 0; row < 2; row++) {
      int[] expected = ints(run.get("sequences").get(row));
      assertThat(expected[0]).isEqualTo(model.decoderStart());
      int[] answer = Arrays.copyOfRange(expected, 1, expected.length);
      assertThat(together.get(row).tokens()).isEqualTo(answer);
      assertThat(generator.generate(requests.get(row)).tokens()).isEqualTo(answer);
    }
  }

  @Test
  void the_story_begins_as_recorded() {
    Tokenizer tokenizer = Tokenizer.load(Assets.path(STORY));
    Generator generator =
        new Generator(LOADER.load(Assets.path(STORY)).transformer(), tokenizer, Set.of(2));
    int[] prompt = tokenizer.encodeIds("Once upon a time", true);
    Generation story = generator.generate(new GenerateRequest(prompt, GenerateSettings.greedy(32)));
    assertThat(story.text())
        .startsWith(
            ", a little girl named Lily lived in a small house with her mom, dad, and her dog,"
                + " Spot");
  }

  private static void check(
      Transformer model, Tokenizer tokenizer, JsonNode run, JsonNode args, int rows) {
    Set<Integer> stopIds =
        args.hasNonNull("eos_token_id") ? Set.of(args.get("eos_token_id").asInt()) : Set.of();
    List<GenerateRequest> requests = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      requests.add(new GenerateRequest(prompt(run, row), settings(args)));
    }
    List<Generation> all =
        new Generator(model, tokenizer, stopIds)
            .generate(requests, requests.size(), GenerateListener.NONE, () -> false);
    for (int row = 0; row < requests.size(); row++) {
      int[] expected = ints(run.get("sequences").get(row));
      int from = run.get("input_ids").get(row).size();
      assertThat(all.get(row).tokens())
          .isEqualTo(Arrays.copyOfRange(expected, from, expected.length));
    }
  }

  private static int[] prompt(JsonNode run, int row) {
    int[] ids = ints(run.get("input_ids").get(row));
    int[] mask = ints(run.get("attention_mask").get(row));
    return IntStream.range(0, ids.length).filter(i -> mask[i] == 1).map(i -> ids[i]).toArray();
  }

  private static GenerateSettings settings(JsonNode args) {
    List<List<Integer>> badWords = new ArrayList<>();
    args.path("bad_words_ids").forEach(word -> badWords.add(list(word)));
    SamplingSettings sampling =
        SamplingSettings.greedy()
            .withRepetition(
                args.path("repetition_penalty").asDouble(1),
                args.path("no_repeat_ngram_size").asInt(0))
            .withExcluded(
                args.path("min_new_tokens").asInt(0), list(args.path("suppress_tokens")), badWords);
    return GenerateSettings.greedy(args.get("max_new_tokens").asInt()).withSampling(sampling);
  }

  private static List<Integer> list(JsonNode array) {
    return Arrays.stream(ints(array)).boxed().toList();
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }
}
