; Packs dist\restorer into an installer with Inno Setup 6:
;
;   iscc /DVersion=0.1.0 [/DVariant=-cuda] installer\windows\restorer.iss
;
; Installs for the user without asking for rights, or for all users when started with them.

#ifndef Variant
  #define Variant ""
#endif

[Setup]
AppId=Restorer
AppName=Restorer
AppVersion={#Version}
AppPublisher=The Restorer authors
VersionInfoVersion={#Version}
DefaultDirName={autopf}\Restorer
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
SourceDir=..\..
OutputDir=dist
OutputBaseFilename=Restorer{#Variant}-{#Version}-windows-x64
SetupIconFile=resources\app\icon.ico
UninstallDisplayIcon={app}\Restorer.exe
LicenseFile=LICENSE
Compression=lzma2
SolidCompression=yes
; The variant with CUDA is larger than the 2 GiB that some places take for one file.
#if Variant != ""
DiskSpanning=yes
DiskSliceSize=2000000000
#endif
ChangesAssociations=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"

[Files]
Source: "dist\restorer\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

; What an older version had inside and this one has not must not stay and be loaded.
[InstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\Restorer"; Filename: "{app}\Restorer.exe"

; "Open with" offers the program for pictures; what they are opened with by default stays.
#define Class "Software\Classes\Applications\Restorer.exe"

[Registry]
Root: HKA; Subkey: "{#Class}"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Restorer"; Flags: uninsdeletekey
Root: HKA; Subkey: "{#Class}\shell\open\command"; ValueType: string; ValueData: """{app}\Restorer.exe"" ""%1"""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".png"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".jpg"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".jpeg"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".jpe"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".jfif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".tif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".tiff"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".webp"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".bmp"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".gif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".avif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".heic"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".heif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".hif"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".dng"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".nef"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".nrw"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".cr2"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".cr3"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".arw"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".srf"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".sr2"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".raf"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".orf"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".rw2"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".pef"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".srw"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".rwl"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".iiq"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".3fr"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".erf"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".kdc"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".mrw"; ValueData: ""
Root: HKA; Subkey: "{#Class}\SupportedTypes"; ValueType: string; ValueName: ".x3f"; ValueData: ""

[Run]
Filename: "{app}\Restorer.exe"; Description: "{cm:LaunchProgram,Restorer}"; Flags: nowait postinstall skipifsilent

[Code]
{ Pictures are nowhere near here. Settings, log and models of the user's own stay unless the user
  says otherwise; a silent removal says nothing. }
procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Folder: String;
begin
  Folder := ExpandConstant('{localappdata}\Restorer');
  if (Step = usPostUninstall) and DirExists(Folder) and not UninstallSilent then
    if MsgBox('Remove your settings and the models you added, too?' + #13#10 + Folder,
      mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
      DelTree(Folder, True, True, True);
end;
