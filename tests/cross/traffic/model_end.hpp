// The model as a sending and a receiving end.
#pragma once

#include <memory>

#include "tests/cross/model/parties.hpp"
#include "tests/cross/traffic/end.hpp"

namespace sallyport::traffic {

class ModelSender : public SendingEnd {
 public:
  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override;
  void use_key(std::size_t stream, std::size_t key) override { senders_[stream]->use_key(key); }
  void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) override {
    senders_[stream]->set_roc(ssrc, roc);
  }
  void skip_srtcp_index(std::size_t stream, std::uint32_t ssrc) override;
  std::vector<Outcome> protect(const std::vector<Item>& burst) override;

 private:
  std::vector<std::unique_ptr<model::Sender>> senders_;
};

class ModelReceiver : public ReceivingEnd {
 public:
  /// `search`: the ROCs that the product promises to try for an SSRC that is new under its keys.
  explicit ModelReceiver(model::Receiver::Search search = {}) : search_(std::move(search)) {}

  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override;
  void end_grace(std::size_t stream) override { streams_[stream].previous.reset(); }
  void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) override {
    streams_[stream].current->set_roc(ssrc, roc);
  }
  std::vector<Outcome> unprotect(const std::vector<Item>& burst) override;
  std::optional<std::uint64_t> highest(std::size_t stream, Kind kind, std::uint32_t ssrc, bool previous) override;

  /// The model's own state, to be brought where a search of the product's went. Null where there are no such keys.
  model::Receiver* receiver(std::size_t stream, bool previous) {
    return previous ? streams_[stream].previous.get() : streams_[stream].current.get();
  }

 private:
  struct Stream {
    std::unique_ptr<model::Receiver> current;
    std::unique_ptr<model::Receiver> previous;
  };
  model::Receiver::Search search_;
  std::vector<Stream> streams_;
};

}  // namespace sallyport::traffic
