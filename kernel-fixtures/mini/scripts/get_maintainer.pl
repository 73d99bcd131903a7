#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-2.0-only
# Who gets a patch: stands in for the kernel's script of this name, with its options and output.
#
# get_maintainer.pl [options] PATCH...      (standard input without PATCH)
# get_maintainer.pl [options] -f FILE...
#
# Sections whose patterns are equally deep come in the order of MAINTAINERS; the kernel's own
# script gives them in any order. Left out: everything that reads the history of a version
# control system, keywords (K:), .mailmap.
use strict;
use warnings;
use Getopt::Long qw(:config no_auto_abbrev);

my $program = 'scripts/get_maintainer.pl';
my $chief = qr/^Nora Kernel$/;
my $title_limit = 50;

my %on = (email => 1, m => 1, r => 1, n => 1, l => 1, s => 0, moderated => 1, roles => 0,
	  rolestats => 1, subsystem => 0, scm => 0, status => 0, web => 0, sections => 0,
	  multiline => 1, remove_duplicates => 1, chiefs => 0, f => 0, depth => 0, ignored => 0);
my ($separator, $version, $help) = (', ', 0, 0);
my @switches = (
	'email!' => \$on{email}, 'm!' => \$on{m}, 'r!' => \$on{r}, 'n!' => \$on{n}, 'l!' => \$on{l},
	's!' => \$on{s}, 'moderated!' => \$on{moderated}, 'roles!' => \$on{roles},
	'rolestats!' => \$on{rolestats}, 'subsystem!' => \$on{subsystem}, 'scm!' => \$on{scm},
	'status!' => \$on{status}, 'web!' => \$on{web}, 'sections!' => \$on{sections},
	'multiline!' => \$on{multiline}, 'remove-duplicates!' => \$on{remove_duplicates},
	'git-chief-penguins!' => \$on{chiefs}, 'f|file' => \$on{f}, 'pattern-depth=i' => \$on{depth},
	'separator=s' => \$separator, 'v|version' => \$version, 'h|help|usage' => \$help,
	(map { ("$_!" => \$on{ignored}) }
	 qw(git git-fallback git-all-signature-types git-blame git-blame-signatures interactive
	    tree keywords mailmap file-emails fixes self-test)),
	(map { ("$_=s" => \$on{ignored}) }
	 qw(git-since git-min-signatures git-max-maintainers git-min-percent hg-since)),
);
if (!GetOptions(@switches)) {
	die "$program: invalid argument - use --help if necessary\n";
}
if ($help || $version) {
	print "$program of the miniature kernel; options as the kernel's\n";
	exit 0;
}
$on{multiline} = 0 if $separator ne ', ';
if (!grep { $on{$_} } qw(email scm status subsystem web sections)) {
	die "$program:  Missing required option: email, scm, status, subsystem or web\n";
}
if ($on{email} && !grep { $on{$_} } qw(m r l)) {
	die "$program: Please select at least 1 email option\n";
}
my $root = find_root();
my @sections = read_sections("$root/MAINTAINERS");
my @files = $on{f} ? checked_files(@ARGV) : patched_files(@ARGV);

my (@people, @lists, @subsystems, @scm, @status, @web, @shown, %role_of, %name_of, %names);
for my $file (@files) {
	add_section($_) for matching($file);
}
print_answer();
exit 0;

sub find_root {
	for my $root ('.', $0 =~ m{^(.*)/scripts/[^/]*$}) {
		return $root if -f "$root/MAINTAINERS" && -f "$root/Makefile";
	}
	die "$program: The current directory does not appear to be a linux kernel source tree.\n";
}

sub read_sections {
	my ($path) = @_;
	my (@found, $previous);
	open(my $in, '<', $path) or die "$program: Can't open MAINTAINERS: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		if ($line =~ /^([A-Z]):\s*(.*\S)\s*$/) {
			if (defined $previous) {
				push @found, { title => $previous, lines => [] };
				undef $previous;
			}
			push @{$found[-1]{lines}}, [$1, $2] if @found;
		} else {
			$previous = $line =~ /^\s*$/ ? undef : $line;
		}
	}
	close $in;
	return @found;
}

sub checked_files {
	for (@_) {
		die "$program: file '$_' not found\n" if !-e $_ && !-e "$root/$_";
	}
	return map { my $f = $_; $f =~ s{^\./}{}; $f =~ s{/*$}{/} if -d "$root/$f"; $f } @_;
}

sub patched_files {
	my @sources = @_ ? @_ : ('-');
	my (@found, %seen);
	for my $source (@sources) {
		my $before = @found;
		my $in;
		if ($source eq '-' || $source eq '&STDIN') {
			$in = \*STDIN;
			$source = '&STDIN';
		} else {
			open($in, '<', $source) or die "$program: Can't open $source: $!\n";
		}
		while (my $line = <$in>) {
			my $path;
			$path = $1 if $line =~ m{^(?:---|\+\+\+) [ab]/(\S+)};
			$path = $1 if $line =~ m{^(?:rename|copy) (?:from|to) (\S+)};
			push @found, $path if defined $path && !$seen{$path}++;
		}
		if (@found == $before) {
			warn "$program: file '$source' doesn't appear to be a patch.  Add -f to options?\n";
		}
	}
	return @found;
}

sub glob_expression {
	my ($glob) = @_;
	my $text = quotemeta $glob;
	$text =~ s/\\\*/.*/g;
	$text =~ s/\\\?/./g;
	$text =~ s/\\([\[\]])/$1/g;
	if ($glob !~ m{/$} && -d "$root/$glob") {
		$text .= '/';
	}
	return $text;
}

# A pattern that ends in a slash covers everything below; any other only its own depth.
sub covers {
	my ($glob, $file) = @_;
	my $expression = glob_expression($glob);
	return 0 if $file !~ /^$expression/;
	return 1 if $expression =~ m{/$};
	return ($glob =~ tr{/}{}) == ($file =~ tr{/}{});
}

# The sections that cover `file`, the one with the deepest pattern first.
sub matching {
	my ($file) = @_;
	my @found;
	my $file_depth = $file =~ tr{/}{};
	for my $section (@sections) {
		my @lines = @{$section->{lines}};
		next if grep { $_->[0] eq 'X' && covers($_->[1], $file) } @lines;
		my $best;
		for (@lines) {
			my ($letter, $text) = @$_;
			my $depth;
			if ($letter eq 'F' && covers($text, $file)) {
				$depth = $text =~ tr{/}{};
				$depth++ if $text !~ m{/$};
				$depth = -1 if $text =~ /^\*/;
				next if $on{depth} && $file_depth - $depth >= $on{depth};
			} elsif ($letter eq 'N' && $file =~ /$text/x) {
				$depth = 0;
			} else {
				next;
			}
			$best = $depth if !defined $best || $depth > $best;
		}
		push @found, [$section, $best] if defined $best;
	}
	return map { $_->[0] } sort { $b->[1] <=> $a->[1] } @found;
}

sub title_of {
	my ($section) = @_;
	my $title = $section->{title};
	if (length $title > $title_limit) {
		$title = substr($title, 0, $title_limit - 3);
		$title =~ s/\s*$//;
		$title .= '...';
	}
	return $title;
}

sub role_by_status {
	my ($section) = @_;
	my ($status) = map { $_->[1] } grep { $_->[0] eq 'S' } @{$section->{lines}};
	my %role = (supported => 'supporter', maintained => 'maintainer', 'odd fixes' => 'odd fixer',
		    orphan => 'orphan minder', obsolete => 'obsolete minder');
	my $role = $role{lc($status // '')} // 'maintainer';
	$role = 'chief penguin' if $section->{title} eq 'THE REST';
	return "$role:" . title_of($section);
}

sub add_section {
	my ($section) = @_;
	my $title = title_of($section);
	push @shown, $section;
	push @subsystems, $title;
	for (@{$section->{lines}}) {
		my ($letter, $text) = @$_;
		if ($letter eq 'M' && $on{m}) {
			add_person($text, role_by_status($section));
		} elsif ($letter eq 'R' && $on{r}) {
			add_person($text, "reviewer:$title");
		} elsif ($letter eq 'L') {
			add_list($text, $section->{title} eq 'THE REST' ? '' : ":$title");
		} elsif ($letter eq 'T') {
			push @scm, $text;
		} elsif ($letter eq 'S') {
			push @status, $text;
		} elsif ($letter eq 'W') {
			push @web, $text;
		}
	}
}

sub add_person {
	my ($text, $role) = @_;
	my ($name, $address) = $text =~ /^"?(.*?)"?\s*<(.+@.+)>$/ ? ($1, $2) : ('', $text);
	return if !$on{email} || ($name =~ $chief && !$on{chiefs});
	my $key = lc $address;
	return if $on{remove_duplicates} && ($role_of{$key} || ($name ne '' && $names{lc $name}++));
	push @people, $address;
	$name_of{$key} = $name;
	$role_of{$key} = $role;
}

sub add_list {
	my ($text, $suffix) = @_;
	my ($address, $note) = split ' ', $text, 2;
	$note //= '';
	my $key = lc $address;
	my $kind = 'open';
	if ($note =~ /subscribers-only/) {
		return if !$on{s};
		$kind = 'subscriber';
	} else {
		return if !$on{l};
		if ($note =~ /moderated/) {
			return if !$on{moderated};
			$kind = 'moderated';
		}
	}
	return if $role_of{$key};
	push @lists, $address;
	$name_of{$key} = '';
	$role_of{$key} = "$kind list$suffix";
}

sub formatted {
	my ($address) = @_;
	my $name = $name_of{lc $address};
	my $text = $address;
	if ($on{n} && $name ne '') {
		if ($name =~ /[^A-Za-z0-9_ \-]/) {
			$name =~ s/(?<!\\)"/\\"/g;
			$name = "\"$name\"";
		}
		$text = "$name <$address>";
	}
	$text .= " ($role_of{lc $address})" if $on{roles} || $on{rolestats};
	return $text;
}

sub unique {
	my %seen;
	return grep { !$seen{$_}++ } @_;
}

sub show {
	print $on{multiline} ? map({ "$_\n" } @_) : (join($separator, @_) . "\n") if @_;
}

sub print_answer {
	if ($on{sections}) {
		for my $section (@shown) {
			print "$section->{title}\n", map({ "$_->[0]:\t$_->[1]\n" } @{$section->{lines}}), "\n";
		}
		return;
	}
	show(map { formatted($_) } @people, @lists);
	show(unique(@scm)) if $on{scm};
	show(unique(@status)) if $on{status};
	show(unique(@subsystems)) if $on{subsystem};
	show(unique(@web)) if $on{web};
}
