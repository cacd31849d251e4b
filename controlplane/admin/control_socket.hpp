// What both ends of the control socket agree on: one JSON object per line each way, {"command": NAME, ...} there,
// {"ok": true, ...} or {"ok": false, "error": TEXT} back.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::controlplane {

/// Where the socket is unless [control] socket says otherwise.
inline constexpr std::string_view kDefaultControlSocket = "/run/sallyport/control.sock";

/// Longest request, with its line end.
inline constexpr std::size_t kMaxRequest = 65536;

}  // namespace sallyport::controlplane
