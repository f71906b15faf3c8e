#!/usr/bin/env bash
# Makes the built-in sample of @hksv/media: packages/media/assets/{sample.mp4,sample.jpg,
# sample-640x360.jpg}. Needs ffmpeg with libx264 and drawtext, and DejaVu fonts
# (Debian: ffmpeg fonts-dejavu-core). usage: tools/sample/make.sh [OUT_DIR]
set -euo pipefail
out=${1:-$(cd "$(dirname "$0")/../.." && pwd)/packages/media/assets}
fonts=${FONTS:-/usr/share/fonts/truetype/dejavu}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$out"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }

# 16 s: 8 groups of 60 pictures, and 500 AAC frames of 1024 at 32 kHz. Everything that moves has a
# period that divides 16 s, so that the end runs into the start.
seconds=16

# A night sky: dark blue with two soft lights. The noise hides the steps of a gradient in 8 bits.
light() { echo "$3*exp(-((X-$1)*(X-$1)+(Y-$2)*(Y-$2))/$4)"; }
ff -f lavfi -i "color=black:size=1280x720,format=gbrp,geq=\
r='9+10*Y/H+$(light 960 340 26 70000)+$(light 160 760 16 160000)':\
g='13+12*Y/H+$(light 960 340 52 90000)+$(light 160 760 20 160000)':\
b='30+22*Y/H+$(light 960 340 84 120000)+$(light 160 760 52 160000)',noise=alls=3:all_seed=7" \
  -frames:v 1 "$tmp/sky.png"

# A lens: rings around (960, 340), and a dot of light to run on the outer one.
ring() { echo "$2*exp(-pow((hypot(X-260,Y-260)-$1)/$3,2))"; }
ff -f lavfi -i "color=black@0:size=520x520,format=rgba,geq=r=190:g=220:b=255:\
a='$(ring 210 60 1.6)+$(ring 150 120 2.2)+$(ring 92 200 3.2)+90*exp(-pow(hypot(X-260,Y-260)/46,2))'" \
  -frames:v 1 "$tmp/lens.png"
ff -f lavfi -i "color=black@0:size=120x120,format=rgba,geq=r=150:g=225:b=255:\
a='min(255,360*exp(-pow(hypot(X-60,Y-60)/11,2))+70*exp(-pow(hypot(X-60,Y-60)/26,2)))'" \
  -frames:v 1 "$tmp/dot.png"

text() { # font size colour x y text
  echo "drawtext=fontfile=$fonts/$1.ttf:fontsize=$2:fontcolor=$3:x=$4:y=$5:text='$6'"
}
orbit='2*PI*t/4-PI/2'
picture="[0][1]overlay=700:80[a];\
[a][2]overlay=x='960-60+210*cos($orbit)':y='340-60+210*sin($orbit)':eval=frame,\
$(text DejaVuSans-Bold 150 white 96 190 HKSV),\
$(text DejaVuSans 34 0xA9BCDD 104 356 'HomeKit Secure Video, in the open'),\
$(text DejaVuSansMono-Bold 76 0x9FE3FF 100 448 '%{eif\:floor(t/60)\:d\:2}\:%{eif\:floor(mod(t,60))\:d\:2}.%{eif\:floor(mod(t*10,10))\:d}'),\
$(text DejaVuSansMono 28 0x7F93B8 500 484 'frame %{eif\:n\:d\:4}'),\
$(text DejaVuSans 26 0x6F83A8 100 636 'built-in sample'),\
format=yuv420p[still];\
color=0x9FE3FF:size=1280x6:rate=30[bar];\
[still][bar]overlay=x='-1280+1280*t/$seconds':y=714:eval=frame:shortest=0[v]"

# A soft bell every 4 s: three partials that fade before the next one, silence at both ends.
since='mod(t+3.6,4)'
bell="0.16*(1-exp(-300*$since))*exp(-2.2*$since)*(sin(2*PI*523.25*t)+0.5*sin(2*PI*784.88*t)*exp(-$since)+0.3*sin(2*PI*1318.5*t)*exp(-3*$since))"

ff -framerate 30 -loop 1 -i "$tmp/sky.png" -framerate 30 -loop 1 -i "$tmp/lens.png" \
  -framerate 30 -loop 1 -i "$tmp/dot.png" \
  -f lavfi -i "aevalsrc='if(lt(t,0.4),0,$bell)':sample_rate=32000:channel_layout=mono:duration=$seconds" \
  -filter_complex "$picture" -map '[v]' -map 3:a -t "$seconds" -r 30 \
  -c:v libx264 -profile:v high -level 3.1 -preset veryslow -tune stillimage -crf 23 -maxrate 900k \
  -bufsize 900k -bf 0 -g 60 -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p \
  -colorspace bt709 -color_primaries bt709 -color_trc bt709 \
  -c:a aac -ac 1 -ar 32000 -b:a 48k -map_metadata -1 -fflags +bitexact -flags:v +bitexact \
  -flags:a +bitexact -movflags +faststart "$out/sample.mp4"

# The stills are a picture of the sample itself.
ff -ss 2.5 -i "$out/sample.mp4" -frames:v 1 -q:v 4 -bitexact "$out/sample.jpg"
ff -ss 2.5 -i "$out/sample.mp4" -frames:v 1 -vf scale=640:360:flags=lanczos -q:v 4 -bitexact \
  "$out/sample-640x360.jpg"
