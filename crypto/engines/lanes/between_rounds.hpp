// Work in numbered steps that is done between the rounds of AES: encryption and hashing keep different units of the
// processor busy, and each waits for itself. A processor looks no further than some sixty vector instructions ahead, so
// the mixture has to be there when it is compiled. Included by kernels only.
#pragma once

namespace sallyport::crypto::lanes {

/// The steps numbered kFrom to kTo - 1 of some work.
template <int kFrom, int kTo, class Work>
[[gnu::always_inline]] inline void steps(Work& work) {
  if constexpr (kFrom < kTo) {
    work.template step<kFrom>();
    steps<kFrom + 1, kTo>(work);
  }
}

/// Spreads the steps of some work evenly between kRounds rounds of AES.
template <int kRounds, class Work>
struct BetweenRounds {
  Work& work;
  template <int kRound>
  [[gnu::always_inline]] void after_round() {
    constexpr int kShares = kRounds - 1;
    steps<Work::kSteps*(kRound - 1) / kShares, Work::kSteps * kRound / kShares>(work);
  }
};

/// Two works one after the other.
template <class First, class Second>
struct Both {
  static constexpr int kSteps = First::kSteps + Second::kSteps;
  First& first;
  Second& second;
  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep < First::kSteps) {
      first.template step<kStep>();
    } else {
      second.template step<kStep - First::kSteps>();
    }
  }
};

}  // namespace sallyport::crypto::lanes
