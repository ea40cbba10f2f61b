// Opening containers the safe way.
#pragma once

#include "internal/av.hpp"
#include "internal/file_io.hpp"

namespace reelcell::media {

/// Opens with libav: local files only, whitelisted containers only. Throws InputError that names
/// the file. `flags` are AVFMT_FLAG_*.
FormatHandle open_container(const fs::path& path, std::shared_ptr<FileIo> io, int flags);
/// To be called where libav gave an error or the end of the file: throws InputError when it was the
/// disk that failed.
void throw_if_unreadable(const FormatHandle& context);
/// open_container plus stream info (decodes up to a frame a track to learn pixel formats).
FormatHandle open_and_probe(const fs::path& path);
bool is_mov(const AVFormatContext& context);
/// libav stream index of `track`; -1 = first video track that is not a cover picture. Throws
/// InputError.
int pick_video_track(const AVFormatContext& context, int track, const fs::path& path);
/// VideoFormat of a stream, with rotation and the header's rate; average_rate is then refined from
/// content.
VideoFormat stream_format(const AVStream& stream, bool* mirrored);
/// Size that a RIFF or EBML header declares for the whole file, 0 when it does not say.
std::uint64_t declared_file_size(const InputFile& file);

}  // namespace reelcell::media
