// Waiting that Ctrl-C ends, for commands that go on until they are told to stop.
#pragma once

namespace sallyport::controlplane {

/// Waits; true where SIGINT or SIGTERM came meanwhile. Both stay blocked from the first call on: they are noticed here.
bool interrupted_within(double seconds);

}  // namespace sallyport::controlplane
