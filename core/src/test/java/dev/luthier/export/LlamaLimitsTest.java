package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.format.Gguf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is said to be beyond the bundled llama.cpp is. Where one of these fails after the binding
 * changed, the limit has gone: take it out of {@link LlamaLimits}.
 */
class LlamaLimitsTest {
  private static final String T5 =
      """
      "d_model":64,"d_ff":96,"d_kv":16,"num_heads":4,"num_layers":2,"num_hidden_layers":2,
      "feed_forward_proj":"gated-gelu","tie_word_embeddings":false,"decoder_start_token_id":0,
      "pad_token_id":0,"num_decoder_layers":%d\
      """;

  @TempDir private Path temp = Path.of("");

  private Path export(String family, String more) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("model"));
    return TinyExports.f32(TinyExports.folder(folder, family, more), temp.resolve("m.gguf"));
  }

  private Path run(Path gguf, int[] decoder) throws IOException {
    int[] ids = TinyExports.IDS;
    LlamaRequest request =
        new LlamaRequest(gguf, Optional.empty(), List.of(), ids, decoder, false, 4, 0, 1);
    return LlamaProcess.run(request, Files.createDirectories(temp.resolve("run"))).rows();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "qwen3 | '\"num_key_value_heads\":2,\"head_dim\":32' | unknown model architecture: 'qwen3'",
        "gemma2 | '\"num_key_value_heads\":2,\"head_dim\":32,\"query_pre_attn_scalar\":32' | ended"
            + " its process",
      })
  void it_does_not_run(String family, String more, String says) throws IOException {
    Path file = export(family, more);
    assertThat(LlamaLimits.of(Gguf.open(file)).all()).isPresent();
    assertThatThrownBy(() -> run(file, new int[0])).hasMessageContaining(says);
  }

  @Test
  void it_does_not_open_t5_with_unlike_stacks() throws IOException {
    Path file = export("t5", T5.formatted(1));
    assertThat(LlamaLimits.of(Gguf.open(file)).all()).isPresent();
    assertThatThrownBy(() -> run(file, new int[1])).hasMessageContaining("missing tensor");
  }

  @Test
  void it_computes_t5_s_decoder_wrongly() throws IOException {
    Path file = export("t5", T5.formatted(2));
    LlamaLimits limits = LlamaLimits.of(Gguf.open(file));
    assertThat(limits.all()).isEmpty();
    assertThat(limits.decoder()).isPresent();
    Path own = temp.resolve("own.f32");
    int[] ids = TinyExports.IDS;
    int[] decoder;
    try (OwnRun run = OwnRun.open(temp.resolve("model"), Optional.empty(), false, 1)) {
      decoder = run.decoder(ids);
      run.write(ids, decoder, own);
    }
    RowComparison found = RowComparison.of(own, run(file, decoder), ids.length, ids);
    assertThat(found.divergence()).isGreaterThan(1e-2);
  }
}
