package dev.luthier.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The defaults of llama.h, each at another place: a field too many or too few would show. */
class LlamaApiTest {
  @Test
  void the_model_s_parameters_lie_where_ours_do() {
    LlamaApi.ModelParams params = LlamaCpp.api().modelDefaultParams();
    assertThat(params.size()).isEqualTo(64);
    assertThat(params.splitMode).isEqualTo(1);
    assertThat(params.mainGpu).isZero();
    assertThat(params.vocabularyOnly).isZero();
    assertThat(params.useMmap).isOne();
    assertThat(params.useMlock).isZero();
    assertThat(params.checkTensors).isZero();
  }

  @Test
  void the_context_s_parameters_lie_where_ours_do() {
    LlamaApi.ContextParams params = LlamaCpp.api().contextDefaultParams();
    assertThat(params.size()).isEqualTo(120);
    assertThat(params.context).isEqualTo(512);
    assertThat(params.batch).isEqualTo(2048);
    assertThat(params.microBatch).isEqualTo(512);
    assertThat(params.sequences).isOne();
    assertThat(params.attention).isEqualTo(-1);
    assertThat(params.yarnExtFactor).isEqualTo(-1f);
    assertThat(params.yarnBetaFast).isEqualTo(32f);
    assertThat(params.defragment).isEqualTo(-1f);
    assertThat(params.keyType).isOne();
    assertThat(params.valueType).isOne();
    assertThat(params.logitsAll).isZero();
    assertThat(params.embeddings).isZero();
    assertThat(params.offloadCache).isOne();
    assertThat(params.flashAttention).isZero();
    assertThat(params.noTimings).isOne();
  }
}
