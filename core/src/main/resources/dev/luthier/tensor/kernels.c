/*
 * The passes between the matrix products of a training step, each over its data once.
 *
 * Compiled by dev.luthier.tensor.Kernels with the machine's own C compiler when first needed. Every
 * function exists for float (suffix _f32) and for bfloat16 (_bf16, held in uint16_t); sums are
 * float. Without a compiler the same steps run as libtorch operators, which is slower.
 */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#define ROWS(count) _Pragma("omp parallel for schedule(static) num_threads(threads)") \
  for (int64_t r = 0; r < (count); r++)

/* What a loop may do at once. */
#define SIMD _Pragma("omp simd")

/* A row of n, a vector at a time. */
#define VECTORS(n) for (int64_t i = 0; i < (n); i += LANES)

static inline float bf16_load(uint16_t h) {
  uint32_t u = (uint32_t) h << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

/* Round to nearest, ties to even; what is not a number stays one. */
static inline uint16_t bf16_store(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1)) >> 16;
  uint32_t nan = (u >> 16) | 0x40u;
  return (uint16_t) ((u & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

static inline float f32_load(float f) {
  return f;
}

static inline float f32_store(float f) {
  return f;
}

/*
 * One block of n four-bit codes times its scale, n a multiple of 32; two codes a byte, the first in
 * the upper half. The 16 products are rounded once, and the codes pick among them.
 */
#if defined(__AVX512BW__)
static inline void four_bit_block_bf16(const uint8_t *packed, int64_t n, const float *values,
    float scale, uint16_t *out) {
  __m512 products = _mm512_mul_ps(_mm512_loadu_ps(values), _mm512_set1_ps(scale));
  __m512i bits = _mm512_castps_si512(products);
  __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  __m512i table = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
  for (int64_t i = 0; i < n; i += 32) {
    __m512i pairs = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *) (packed + i / 2)));
    __m512i low = _mm512_and_si512(pairs, _mm512_set1_epi32(15));
    __m512i codes = _mm512_or_si512(_mm512_srli_epi32(pairs, 4), _mm512_slli_epi32(low, 16));
    _mm512_storeu_si512(out + i, _mm512_permutexvar_epi16(codes, table));
  }
}

static inline void four_bit_block_f32(const uint8_t *packed, int64_t n, const float *values,
    float scale, float *out) {
  __m512 products = _mm512_mul_ps(_mm512_loadu_ps(values), _mm512_set1_ps(scale));
  for (int64_t i = 0; i < n; i += 16) {
    __m512i pairs = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *) (packed + i / 2)));
    __m512i low = _mm512_and_si512(pairs, _mm512_set1_epi64(15));
    __m512i codes = _mm512_or_si512(_mm512_srli_epi64(pairs, 4), _mm512_slli_epi64(low, 32));
    _mm512_storeu_ps(out + i, _mm512_permutexvar_ps(codes, products));
  }
}
#else
static inline void four_bit_block_bf16(const uint8_t *packed, int64_t n, const float *values,
    float scale, uint16_t *out) {
  uint16_t products[16];
  for (int code = 0; code < 16; code++) {
    products[code] = bf16_store(values[code] * scale);
  }
  for (int64_t i = 0; i < n / 2; i++) {
    out[2 * i] = products[packed[i] >> 4];
    out[2 * i + 1] = products[packed[i] & 15];
  }
}

static inline void four_bit_block_f32(const uint8_t *packed, int64_t n, const float *values,
    float scale, float *out) {
  float products[16];
  for (int code = 0; code < 16; code++) {
    products[code] = values[code] * scale;
  }
  for (int64_t i = 0; i < n / 2; i++) {
    out[2 * i] = products[packed[i] >> 4];
    out[2 * i + 1] = products[packed[i] & 15];
  }
}
#endif

/* Vectors of 32-bit words, and the block of a product that its registers hold. */
#if defined(__AVX512F__)
#define LANES 16
#define ROWS_AT_ONCE 8
#elif defined(__AVX__)
#define LANES 8
#define ROWS_AT_ONCE 4
#else
#define LANES 4
#define ROWS_AT_ONCE 8
#endif
#define COLUMNS (2 * LANES)
#define TILE 64

/* The same for products of matrices; how much of a sum one packed panel holds; tasks per thread. */
#if defined(__AVX512F__)
#define HEIGHT 6
#define PANEL (4 * LANES)
#else
#define HEIGHT 4
#define PANEL (2 * LANES)
#endif
#define DEPTH 2048
#define TASKS 12
#define LEAST_PART 4e5 /* multiplications that are worth waking a thread for */

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef uint32_t bits __attribute__((vector_size(4 * LANES)));

static inline vec vec_load(const void *from) {
  vec v;
  memcpy(&v, from, sizeof(v));
  return v;
}

static inline void vec_store(void *to, vec v) {
  memcpy(to, &v, sizeof(v));
}

static inline vec vec_all(const void *word) {
  uint32_t w;
  memcpy(&w, word, 4);
  return (vec) ((bits) {0} + w);
}

/* The sum of its lanes, from the first to the last. */
static inline float vec_sum(vec v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) {
    sum += v[i];
  }
  return sum;
}

/* The same in whatever order is fastest. */
static inline float vec_total(vec v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512) v);
#else
  return vec_sum(v);
#endif
}

/* Of each lane the larger; b's, if one is not a number. */
static inline vec vec_max(vec a, vec b) {
#if defined(__AVX512F__)
  return (vec) _mm512_max_ps((__m512) a, (__m512) b);
#else
  bits larger = (bits) (a > b);
  return (vec) ((larger & (bits) a) | (~larger & (bits) b));
#endif
}

static inline float vec_largest(vec v) {
  float max = v[0];
  for (int i = 1; i < LANES; i++) {
    max = v[i] > max ? v[i] : max;
  }
  return max;
}

/*
 * e^x to 2 units in the last place: x = k ln 2 + r, a polynomial of degree 6 in r (Cephes), times
 * 2^k. Zero below -87, so that a masked score of minus infinity weighs nothing.
 */
static inline vec vec_exp(vec x) {
#if defined(__AVX512F__)
  vec k = (vec) _mm512_roundscale_ps((__m512) (x * 1.44269504f), _MM_FROUND_TO_NEAREST_INT);
  vec in = x;
#else
  vec in = vec_max((vec) {0} - 88.0f, x);
  in = -vec_max((vec) {0} - 88.0f, -in);
  vec shifted = in * 1.44269504f + 12582912.0f; /* rounds: 1.5 * 2^23 */
  vec k = shifted - 12582912.0f;
#endif
  vec r = in - k * 0.693359375f;
  r += k * 2.12194440e-4f;
  vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
#if defined(__AVX512F__)
  __mmask16 kept = _mm512_cmp_ps_mask((__m512) x, _mm512_set1_ps(-87.0f), _CMP_NLT_UQ);
  return (vec) _mm512_maskz_scalef_ps(kept, (__m512) p, (__m512) k);
#else
  vec two_k = (vec) (((bits) shifted << 23) + 0x3f800000u);
  return (vec) (~(bits) (x < -87.0f) & (bits) (p * two_k));
#endif
}

static inline float exp_of(float x) {
  return vec_exp((vec) {0} + x)[0];
}

static inline vec vec_sigmoid(vec x) {
  return 1.0f / (1.0f + vec_exp(-x));
}

/*
 * Elements of a row as floats: a vector of them, or the last ones, of which so many are left, and
 * zeros. What is stored ends there likewise.
 */
static inline vec load_f32(const float *from, int64_t left) {
  vec v = {0};
  if (left >= LANES) {
    return vec_load(from);
  }
  memcpy(&v, from, (size_t) left * sizeof(float));
  return v;
}

static inline void store_f32(float *to, vec v, int64_t left) {
  if (left >= LANES) {
    vec_store(to, v);
  } else {
    memcpy(to, &v, (size_t) left * sizeof(float));
  }
}

static inline vec load_bf16(const uint16_t *from, int64_t left) {
  uint16_t row[LANES] = {0};
  if (left < LANES) {
    memcpy(row, from, (size_t) left * sizeof(uint16_t));
    from = row;
  }
#if defined(__AVX512F__)
  __m256i half = _mm256_loadu_si256((const __m256i *) from);
  return (vec) _mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16);
#else
  bits u;
  for (int i = 0; i < LANES; i++) {
    u[i] = (uint32_t) from[i] << 16;
  }
  return (vec) u;
#endif
}

/* What a number is when it was stored: as bfloat16 rounded to nearest, ties to even. */
static inline vec round_f32(vec v) {
  return v;
}

static inline vec round_bf16(vec v) {
#if defined(__AVX512BF16__)
  __m256i half = (__m256i) _mm512_cvtneps_pbh((__m512) v);
  return (vec) _mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16);
#else
  bits u = (bits) v;
  bits nan = (bits) ((u & 0x7fffffffu) > 0x7f800000u);
  bits rounded = u + ((u >> 16) & 1u) + 0x7fffu;
  return (vec) (((nan & (u | 0x400000u)) | (~nan & rounded)) & 0xffff0000u);
#endif
}

static inline void store_bf16(uint16_t *to, vec v, int64_t left) {
  uint16_t row[LANES];
#if defined(__AVX512BF16__)
  __m256i half = (__m256i) _mm512_cvtneps_pbh((__m512) v);
  if (left >= LANES) {
    _mm256_storeu_si256((__m256i *) to, half);
    return;
  }
  memcpy(row, &half, sizeof(row));
#else
  bits u = (bits) round_bf16(v) >> 16;
  for (int i = 0; i < LANES; i++) {
    row[i] = (uint16_t) u[i];
  }
#endif
  memcpy(to, row, left >= LANES ? sizeof(row) : (size_t) left * sizeof(uint16_t));
}

/* sum + a b, where a word is a number, or a pair of them that follow each other in the sum. */
static inline vec dot_f32(vec sum, vec a, vec b) {
  return sum + a * b;
}

static inline vec dot_bf16(vec sum, vec a, vec b) {
#if defined(__AVX512BF16__)
  return (vec) _mm512_dpbf16_ps((__m512) sum, (__m512bh) a, (__m512bh) b);
#else
  bits x = (bits) a, y = (bits) b;
  sum += (vec) (x << 16) * (vec) (y << 16);
  return sum + (vec) (x & 0xffff0000u) * (vec) (y & 0xffff0000u);
#endif
}

static inline float word_f32(float first, float last) {
  (void) last;
  return first;
}

static inline uint32_t word_bf16(uint16_t first, uint16_t last) {
  return first | (uint32_t) last << 16;
}

/* Words of two vectors' elements. */
static inline vec words_f32(vec first, vec last) {
  (void) last;
  return first;
}

static inline vec words_bf16(vec first, vec last) {
  bits low = (bits) round_bf16(first) >> 16;
  return (vec) (low | (bits) round_bf16(last));
}

/* Words of elements that stand LANES together. */
static inline vec words_at_f32(const float *first, const float *last) {
  (void) last;
  return vec_load(first);
}

static inline vec words_at_bf16(const uint16_t *first, const uint16_t *last) {
#if defined(__AVX512F__)
  __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *) first));
  __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *) last));
  return (vec) _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
#else
  return words_bf16(load_bf16(first, LANES), load_bf16(last, LANES));
#endif
}

/* Rows become columns, in a square of words. */
static inline void vec_transpose(vec *block) {
#if defined(__AVX512F__)
  __m512i *r = (__m512i *) block, t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
    t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
  }
  for (int i = 0; i < 8; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
  }
#else
  vec rows[LANES];
  memcpy(rows, block, sizeof(rows));
  for (int i = 0; i < LANES; i++) {
    for (int j = 0; j < LANES; j++) {
      block[i][j] = rows[j][i];
    }
  }
#endif
}

static inline vec int8_load(const int8_t *from) {
#if defined(__AVX512F__)
  __m128i bytes = _mm_loadu_si128((const __m128i *) from);
  return (vec) _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
#else
  vec v;
  for (int i = 0; i < LANES; i++) {
    v[i] = from[i];
  }
  return v;
#endif
}

/* 32 codes less 8: the lower halves of 16 bytes, then the upper ones. */
static inline void int4_unpack(const uint8_t *from, vec *to) {
  for (int i = 0; i < 16; i++) {
    to[i / LANES][i % LANES] = (float) ((from[i] & 15) - 8);
    to[(16 + i) / LANES][i % LANES] = (float) ((from[i] >> 4) - 8);
  }
}

/* Fetches bytes of W some time before they are read: what is there costs less than waiting. */
#define SOON(from, bytes) \
  for (size_t ahead = 0; ahead < (bytes); ahead += 64) { \
    __builtin_prefetch((const char *) (from) + 1536 + ahead); \
  }

#define PIECE (512 << 10) /* bytes */

/*
 * How many rows of W a thread takes at a time: long enough to be read at full speed, and no longer.
 * Two threads that read huge pages 1 MB apart were a quarter slower than 512 KB apart.
 */
static inline int64_t piece(int64_t n, int64_t row_bytes, int threads) {
  int64_t rows = PIECE / row_bytes, most = n / (4 * threads);
  rows = rows < most ? rows : most;
  return rows < 8 ? 8 : rows;
}

/* Of the groups of 32 in k columns, whole vectors. */
#define TOTALS(k) (((k) / 32 + LANES - 1) / LANES * LANES)

static inline vec zeros_dot(int64_t groups, const uint16_t *zeros, const float *totals) {
  vec sum = {0};
  VECTORS(groups) {
    sum += load_bf16(zeros + i, groups - i) * vec_load(totals + i);
  }
  return sum;
}

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#define DIGITS
#define BLOCK 128
#define LARGEST 32512.0f /* 127 * 256 */

/*
 * 128 columns of x as whole numbers 256 high + low times a scale: 16 bits, of which bfloat16 has
 * eight. Their products with W's codes are exact. A code's offset, which makes it positive, is
 * taken off each lane's sum at its start.
 */
typedef struct {
  int8_t high[BLOCK], low[BLOCK];
  int32_t start[16];
  float scale;
} __attribute__((aligned(64))) digits;

/* In each lane, start and the products of eight codes. */
static inline __m512i digits_dot(__m512i first, __m512i last, const digits *x, __m512i start) {
  __m512i high = _mm512_dpbusd_epi32(_mm512_setzero_si512(), first, _mm512_loadu_si512(x->high));
  high = _mm512_dpbusd_epi32(high, last, _mm512_loadu_si512(x->high + 64));
  __m512i all = _mm512_dpbusd_epi32(start, first, _mm512_loadu_si512(x->low));
  all = _mm512_dpbusd_epi32(all, last, _mm512_loadu_si512(x->low + 64));
  return _mm512_add_epi32(all, _mm512_slli_epi32(high, 8));
}

static inline __mmask64 bytes_of(int64_t count) {
  return count >= 64 ? ~0ull : count <= 0 ? 0 : ~0ull >> (64 - count);
}

/* Codes of block b of a row of k, with 128 added. */
static inline void int8_block(const int8_t *w, int64_t k, int64_t b, __m512i *first,
    __m512i *last) {
  const int8_t *from = w + b * BLOCK;
  int64_t left = k - b * BLOCK;
  __m512i sign = _mm512_set1_epi8(-128);
  SOON(from, BLOCK)
  if (left >= BLOCK) {
    *first = _mm512_loadu_si512(from);
    *last = _mm512_loadu_si512(from + 64);
  } else {
    *first = _mm512_maskz_loadu_epi8(bytes_of(left), from);
    *last = _mm512_maskz_loadu_epi8(bytes_of(left - 64), from + 64);
  }
  *first = _mm512_xor_si512(*first, sign);
  *last = _mm512_xor_si512(*last, sign);
}

/* Codes of four groups, the lower halves first, and in each lane its group's scale. */
static inline vec int4_block(const uint8_t *w, const uint16_t *scales, int64_t k, int64_t b,
    __m512i *first, __m512i *last) {
  const __m512i lanes = _mm512_set_epi8(
      7, 6, -1, -1, 7, 6, -1, -1, 7, 6, -1, -1, 7, 6, -1, -1,
      5, 4, -1, -1, 5, 4, -1, -1, 5, 4, -1, -1, 5, 4, -1, -1,
      3, 2, -1, -1, 3, 2, -1, -1, 3, 2, -1, -1, 3, 2, -1, -1,
      1, 0, -1, -1, 1, 0, -1, -1, 1, 0, -1, -1, 1, 0, -1, -1);
  int64_t left = k - b * BLOCK;
  uint64_t four = 0;
  __m512i codes;
  SOON(w + b * BLOCK / 2, BLOCK / 2)
  if (left >= BLOCK) {
    codes = _mm512_loadu_si512(w + b * BLOCK / 2);
    memcpy(&four, scales + b * 4, sizeof(four));
  } else {
    codes = _mm512_maskz_loadu_epi8(bytes_of(left / 2), w + b * BLOCK / 2);
    memcpy(&four, scales + b * 4, (size_t) (left / 32) * sizeof(uint16_t));
  }
  const __m512i low = _mm512_set1_epi8(15);
  *first = _mm512_and_si512(codes, low);
  *last = _mm512_and_si512(_mm512_srli_epi16(codes, 4), low);
  return (vec) _mm512_shuffle_epi8(_mm512_set1_epi64((long long) four), lanes);
}
#endif

static pthread_key_t rooms;
static pthread_once_t rooms_made = PTHREAD_ONCE_INIT;

static void leave(void *room) {
  munmap(room, *(size_t *) room);
}

static void make_rooms(void) {
  pthread_key_create(&rooms, leave);
}

/*
 * A thread's own memory for one call, kept until the thread ends: outside the heap, where pieces
 * that come and go, or stay, between tensors would leave gaps. Without memory the process ends.
 */
static void *room(size_t bytes) {
  pthread_once(&rooms_made, make_rooms);
  size_t *held = pthread_getspecific(rooms); /* its size, in a line of its own */
  if (held == 0 || held[0] < bytes + 64) {
    if (held != 0) {
      leave(held);
    }
    held = mmap(0, bytes + 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (held == MAP_FAILED) {
      perror("luthier: no memory for a product");
      abort();
    }
    held[0] = bytes + 64;
    pthread_setspecific(rooms, held);
  }
  return (char *) held + 64;
}

/*
 * What block.inc is given, in words of 64 bits: a block, which stays, and a step, which is made
 * anew. Numbers that are no integers are doubles.
 */
typedef struct {
  int64_t kind, n, k, stride; /* 0 as it is, 1 in 8 bits, 2 in 4; (n, k), rows stride apart */
  const void *codes, *scales, *zeros, *bias;
} matrix;

typedef struct {
  int64_t hidden, heads, key_heads, width, inner;
  const void *norm1, *norm2, *query_norm, *key_norm; /* those of heads may be null */
  double eps1, eps2, query_eps, key_eps, scale, cap;
  matrix layers[4]; /* queries, keys and values; out; gate and up; down */
} block;

typedef struct {
  int64_t tokens, parts, pages, page, window;
  const int64_t *slots, *bounds, *table; /* see paged.inc; where each token's key goes */
  const void *cos, *sin;                 /* (tokens, width / 2), or null */
  void *keys, *values;
  int64_t entries[4], entry[4], added[4]; /* of adapters: how many, where from here, numbers */
} step;

/* Few numbers are done before another thread is awake. */
static inline int worth(int threads, int64_t numbers) {
  return numbers < (1 << 15) ? 1 : threads;
}

#define T uint16_t
#define LOAD bf16_load
#define STORE bf16_store
#define NAME(f) f##_bf16
#define WORD uint32_t
#define PAIR 2
#include "kernels.inc"
#include "attention.inc"
#include "decode.inc"
#include "paged.inc"
#include "products.inc"
#include "block.inc"
#undef WORD
#undef PAIR
#undef T
#undef LOAD
#undef STORE
#undef NAME

#define T float
#define LOAD f32_load
#define STORE f32_store
#define NAME(f) f##_f32
#define WORD float
#define PAIR 1
#include "kernels.inc"
#include "attention.inc"
#include "decode.inc"
#include "paged.inc"
#include "products.inc"
#include "block.inc"

#if defined(_OPENMP)
extern int omp_pause_resource_all(int kind) __attribute__((weak));
#endif

/*
 * Ends the threads that work for the calling one. OpenMP counts those of all callers, and lets them
 * wait for work in the kernel once they are more than processors, where waking one takes long.
 */
int release_threads(void) {
#if defined(_OPENMP)
  if (omp_pause_resource_all) {
    return omp_pause_resource_all(1) == 0;
  }
#endif
  return 0;
}

/* Whether a vector of bfloat16 pairs is multiplied in one instruction. */
int bf16_dots(void) {
#if defined(__AVX512BF16__)
  return 1;
#else
  return 0;
#endif
}

/*
 * c (batch, m, n) = alpha a b + beta c. BLAS computes each part on the thread that asks for it, so
 * that OpenMP's threads are the only ones. a is (m, k), or (k, m) if transposed; b likewise.
 */
typedef void (*sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
    const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

#define ROW_MAJOR 101
#define TRANSPOSE(flag) ((flag) ? 112 : 111)

void product_f32(int threads, sgemm blas, int64_t batch, int64_t m, int64_t n, int64_t k,
    float alpha, const float *a, int64_t a_batch, int64_t lda, int transpose_a, const float *b,
    int64_t b_batch, int64_t ldb, int transpose_b, float beta, float *c, int64_t c_batch,
    int64_t ldc) {
  double worth = (double) batch * m * n * k / LEAST_PART;
  if (worth < threads) {
    threads = worth < 1 ? 1 : (int) worth;
  }
  /* Each part packs its rows of a and columns of b anew: the squarest parts pack least. */
  int64_t down = 1, across = batch < threads ? threads : 1;
  if (batch < threads) {
    for (int64_t i = 2; i <= threads; i++) {
      if (threads % i == 0 && m * (threads / i) + n * i < m * across + n * down) {
        down = i;
        across = threads / i;
      }
    }
  }
  ROWS(batch * down * across) {
    int64_t i = r / (down * across), row = r / across % down, column = r % across;
    int64_t top = m * row / down, left = n * column / across;
    blas(ROW_MAJOR, TRANSPOSE(transpose_a), TRANSPOSE(transpose_b),
        (int) (m * (row + 1) / down - top), (int) (n * (column + 1) / across - left), (int) k,
        alpha, a + i * a_batch + top * (transpose_a ? 1 : lda), (int) lda,
        b + i * b_batch + left * (transpose_b ? ldb : 1), (int) ldb, beta,
        c + i * c_batch + top * ldc + left, (int) ldc);
  }
}
