// A gateway configuration and the generator's options that fit each other, with fresh random keys: --emit-config.
#pragma once

#include "perf/load/options.hpp"

namespace sallyport::load {

/// Writes into options.emit->folder, made if missing, all with mode 0600:
///   streams.conf  [stream.load0] ... and, if devices were given, [port.a] and [port.b]: the gateway's part
///   load.keys     the generator's --keys
///   load.conf     the generator's --config
/// Throws UsageError where a file cannot be written.
void emit_config(const LoadOptions& options);

}  // namespace sallyport::load
